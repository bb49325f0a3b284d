import { html } from '../html.ts'

/** Borealis's four pieces, each on a plate of 300 × 300. The wall behind takes its colour from the style sheet. */
export const tent = html`<svg viewBox="0 0 300 300">
  <defs><linearGradient id="fly" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#f08a3c"/><stop offset="1" stop-color="#c2511b"/></linearGradient></defs>
  <rect class="wall" width="300" height="300"/><ellipse cx="150" cy="232" rx="122" ry="12" fill="#000" opacity=".14"/>
  <path d="M30 230C60 150 100 86 150 84s90 66 120 146z" fill="url(#fly)"/><path d="M150 84c50 2 90 66 120 146h-76C190 170 176 120 150 84z" fill="#a8430f" opacity=".55"/>
  <path d="M150 88c-22 40-36 90-40 142h80c-4-52-18-102-40-142z" fill="#3a2a22"/><path d="M150 88c-22 40-36 90-40 142h32c2-50 4-96 8-142z" fill="#ffd79a"/><path d="M150 88c-10 44-14 92-14 142" fill="none" stroke="#c2511b" stroke-width="2"/>
  <path d="M30 230C60 150 100 86 150 84s90 66 120 146" fill="none" stroke="#ffb878" stroke-width="3"/><path d="M62 168L18 236M238 168l44 68M150 84V66" stroke="#7d8f8a" stroke-width="2"/><path d="M14 236l8-4M278 232l8 4" stroke="#4c5a56" stroke-width="4" stroke-linecap="round"/>
</svg>`

export const pack = html`<svg viewBox="0 0 300 300">
  <defs><linearGradient id="cordura" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#2f8f7a"/><stop offset="1" stop-color="#14564c"/></linearGradient></defs>
  <rect class="wall" width="300" height="300"/><ellipse cx="150" cy="266" rx="78" ry="9" fill="#000" opacity=".14"/>
  <path d="M94 120c-22 20-28 70-20 116h16zM206 120c22 20 28 70 20 116h-16z" fill="#0f433c"/>
  <path d="M132 50c0-22 36-22 36 0" fill="none" stroke="#0f433c" stroke-width="7"/>
  <rect x="84" y="84" width="132" height="178" rx="26" fill="url(#cordura)"/><path d="M88 96c0-36 20-50 62-50s62 14 62 50v16c0 8-6 12-14 12H102c-8 0-14-4-14-12z" fill="#1b6e60"/><path d="M88 104c40 10 84 10 124 0" fill="none" stroke="#0f433c" stroke-opacity=".6" stroke-width="2"/>
  <rect x="102" y="172" width="96" height="74" rx="14" fill="#1f7768"/><path d="M102 190h96" stroke="#0f433c" stroke-width="2"/><path d="M112 183h76" stroke="#ffb35c" stroke-width="3" stroke-dasharray="14 4"/>
  <path d="M118 112v50M182 112v50" stroke="#0d3933" stroke-width="8"/><rect x="111" y="132" width="14" height="12" rx="3" fill="#ffb35c"/><rect x="175" y="132" width="14" height="12" rx="3" fill="#ffb35c"/>
  <rect x="76" y="248" width="148" height="22" rx="11" fill="#e07b39"/><circle cx="87" cy="259" r="6" fill="none" stroke="#a64f1b" stroke-width="2"/><circle cx="213" cy="259" r="6" fill="none" stroke="#a64f1b" stroke-width="2"/><path d="M120 246v26M180 246v26" stroke="#0d3933" stroke-width="6"/>
</svg>`

export const boot = html`<svg viewBox="0 0 300 300">
  <defs><linearGradient id="waxed" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#a9713f"/><stop offset="1" stop-color="#6e4220"/></linearGradient></defs>
  <rect class="wall" width="300" height="300"/><ellipse cx="156" cy="258" rx="112" ry="9" fill="#000" opacity=".15"/>
  <path d="M82 66c26-8 54-8 82 0l6 76c4 22 26 30 52 36 28 7 40 24 42 48H74c-2-50 12-104 8-160z" fill="url(#waxed)"/>
  <path d="M78 70c28-14 62-14 90 0l2 16c-30-10-64-10-90 0z" fill="#3b2a22"/><path d="M74 226c2-22 6-40 8-62 14 4 22 18 24 62zM264 226c-2-20-12-36-34-44-10 8-16 22-18 44z" fill="#4e2f17"/>
  <path d="M166 96c-10 40-8 66 34 82" fill="none" stroke="#4e2f17" stroke-width="2" stroke-dasharray="5 4"/>
  <path d="M132 102l34-4M134 122l36-6M138 142l36-8M148 162l34-14M166 178l26-18" stroke="#f2d9b5" stroke-width="5" stroke-linecap="round"/><path d="M132 102c-2-8 4-14 12-18M166 98c4-8 2-14-4-18" fill="none" stroke="#f2d9b5" stroke-width="4" stroke-linecap="round"/>
  <path d="M66 224h202c6 0 6 14 2 20H70c-6-4-8-14-4-20z" fill="#23302f"/><path d="M72 244h20l4 12H76zM104 244h20l2 12h-20zM136 244h20v12h-20zM168 244h20v12h-20zM200 244h20l-2 12h-20zM232 244h30l-6 12h-26z" fill="#182120"/><path d="M70 226h194" stroke="#d9822b" stroke-width="3"/>
</svg>`

export const lantern = html`<svg viewBox="0 0 300 300">
  <defs><radialGradient id="ember"><stop offset="0" stop-color="#fff3c4"/><stop offset=".45" stop-color="#ffc65c"/><stop offset="1" stop-color="#ff9d2e" stop-opacity="0"/></radialGradient></defs>
  <rect class="wall" width="300" height="300"/><circle cx="150" cy="162" r="130" fill="url(#ember)" opacity=".55"/><ellipse cx="150" cy="262" rx="62" ry="8" fill="#000" opacity=".16"/>
  <path d="M108 98C108 30 192 30 192 98" fill="none" stroke="#5b6a68" stroke-width="5"/>
  <path d="M112 94h76l10 20h-96z" fill="#2c3a3b"/><rect x="126" y="80" width="48" height="16" rx="5" fill="#3c4c4d"/>
  <rect x="106" y="114" width="88" height="106" rx="10" fill="#fff1c9"/><rect x="106" y="114" width="88" height="106" rx="10" fill="url(#ember)"/>
  <path d="M150 142c16 18 24 28 24 42 0 14-10 24-24 24s-24-10-24-24c0-14 8-24 24-42z" fill="#ffab3d"/><path d="M150 168c8 9 12 15 12 22 0 8-5 13-12 13s-12-5-12-13c0-7 4-13 12-22z" fill="#fff6d8"/>
  <path d="M116 114v106M184 114v106" stroke="#2c3a3b" stroke-width="5"/><path d="M100 218h100l8 34c0 6-4 8-10 8h-96c-6 0-10-2-10-8z" fill="#2c3a3b"/><path d="M98 236h104" stroke="#63e0b3" stroke-width="3"/><circle cx="150" cy="248" r="5" fill="#ffb35c"/>
</svg>`
