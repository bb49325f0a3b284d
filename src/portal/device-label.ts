import Bowser from 'bowser'

export interface DeviceLabel {
  /** `Firefox on Windows`, as its owner would say. Empty when the browser said nothing we understand. */
  readonly text: string
  readonly kind: 'computer' | 'phone' | 'tablet'
}

/** What a browser calls itself, in words. Only for its owner to recognise it: anyone can claim to be any browser. */
export function deviceLabel(userAgent: string): DeviceLabel {
  const { browser, os, platform } = Bowser.parse(userAgent || 'unknown')
  const text = [browser.name, os.name].filter(Boolean).join(' · ')
  return { text, kind: platform.type === 'mobile' ? 'phone' : platform.type === 'tablet' ? 'tablet' : 'computer' }
}
