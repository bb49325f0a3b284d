import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider'

/**
 * A response mode that is not the client's (SEC-9) is refused as one that does not exist: in the default mode. The engine would answer in the very
 * mode it refuses, which for JARM is a signed answer to a client that never said it can read one.
 */
export function refusePlainly(provider: Provider): void {
  const { prototype } = provider.Client as unknown as { readonly prototype: Pick<InstanceType<Provider['Client']>, 'responseModeAllowed'> } // the published class has no prototype
  const original = prototype.responseModeAllowed
  prototype.responseModeAllowed = function (this: typeof prototype, ...args) {
    if (original.apply(this, args)) return true
    const { params } = (Provider.ctx as KoaContextWithOIDC).oidc
    if (params?.response_mode === undefined) return true // none was asked for: a request without response_type has no default mode, and that is what is wrong
    params.response_mode = undefined
    throw new errors.UnsupportedResponseMode('response_mode is not allowed for this client')
  }
}
