const MIN_PRODUCTION_CHARACTERS = 32

/** Whether a client secret may be known or guessed: the demo's, or too short to be chance. Production refuses it. */
export const isWeakSecret = (secret: string): boolean => secret.length < MIN_PRODUCTION_CHARACTERS || secret.endsWith('-demo-secret')
