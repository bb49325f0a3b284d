// A shop on Auth0's express-openid-connect, as its README has it. Sessions are kept in memory, which back-channel logout needs.
import express from 'express'
import openidConnect from 'express-openid-connect'

const { auth, requiresAuth } = openidConnect
const { ISSUER, ORIGIN } = process.env
const app = express()
const sessions = new Map()
const store = {
  get: (id, done) => done(null, sessions.get(id)),
  set: (id, value, done) => done(null, void sessions.set(id, value)),
  destroy: (id, done) => done(null, void sessions.delete(id)),
}
app.use(
  auth({
    issuerBaseURL: ISSUER,
    baseURL: ORIGIN,
    clientID: 'borealis-web',
    clientSecret: 'borealis-demo-secret',
    secret: 'a long random string for the cookie of the shop',
    idTokenSigningAlg: 'ES256',
    authRequired: false,
    idpLogout: true,
    session: { store },
    backchannelLogout: true,
    routes: { postLogoutRedirect: '/' },
    authorizationParams: { response_type: 'code', scope: 'openid profile email' },
  }),
)
app.get('/', (req, res) => res.json({ signedIn: req.oidc.isAuthenticated() }))
app.get('/profile', requiresAuth(), async (req, res) => res.json(await req.oidc.fetchUserInfo()))
app.get('/refresh', requiresAuth(), async (req, res) => {
  const before = req.oidc.accessToken.access_token
  const { access_token } = await req.oidc.accessToken.refresh()
  res.json({ refreshed: access_token !== before, stored: req.oidc.accessToken.access_token === access_token })
})
app.listen(new URL(ORIGIN).port, 'localhost', () => console.log('ready'))
