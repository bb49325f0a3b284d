/** What a shop says when something did not work. `retry` offers to sign in again. */
export const MESSAGES = {
  unknown_state: {
    title: 'This sign-in is no longer open',
    text: 'It took longer than ten minutes, was finished already, or began in another browser. Nothing happened to your account.',
    retry: true,
  },
  declined: {
    title: 'You did not sign in',
    text: 'That is fine: nothing was shared, and you can look around as a guest.',
    retry: true,
  },
  failed: {
    title: 'Signing in did not work this time',
    text: 'The sign-in service gave an answer we cannot use. Nothing was shared; a second try often helps.',
    retry: true,
  },
  unreachable: {
    title: 'The sign-in service does not answer',
    text: 'It may still be starting. Please try again in a moment.',
    retry: true,
  },
  stale_form: {
    title: 'This page was out of date',
    text: 'You are still signed in. Open the shop again and repeat what you wanted to do.',
    retry: false,
  },
  bad_request: {
    title: 'We could not read that',
    text: 'The request did not look like one from our pages.',
    retry: false,
  },
  not_found: {
    title: 'There is nothing here',
    text: 'The page you wanted does not exist, or not any more.',
    retry: false,
  },
  fault: {
    title: 'Something broke on our side',
    text: 'We are sorry. It is noted, and you may try again.',
    retry: false,
  },
} as const satisfies Record<string, { title: string; text: string; retry: boolean }>

export type MessageKind = keyof typeof MESSAGES
