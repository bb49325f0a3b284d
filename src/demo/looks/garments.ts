import { html } from '../html.ts'

/** Aurora's four pieces, each on a plate of 300 × 380. The wall behind takes its colour from the style sheet. */
export const coat = html`<svg viewBox="0 0 300 380">
  <defs><linearGradient id="wool" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#c58a6d"/><stop offset="1" stop-color="#8d543f"/></linearGradient></defs>
  <rect class="wall" width="300" height="380"/><ellipse cx="150" cy="352" rx="86" ry="8" fill="#000" opacity=".12"/>
  <path d="M98 96C80 104 66 118 62 138L40 262c8 6 20 8 30 6l20-92z" fill="url(#wool)"/><path d="M202 96c18 8 32 22 36 42l22 124c-8 6-20 8-30 6l-20-92z" fill="url(#wool)"/>
  <path d="M98 96l28-14h48l28 14c6 60 6 90 8 130l10 122c-46 10-94 10-140 0l10-122c2-40 2-70 8-130z" fill="url(#wool)"/>
  <path d="M126 82c6 10 14 15 24 15s18-5 24-15l-24-8z" fill="#5d3328"/>
  <path d="M126 82l-18 18 10 44-8 4 40 64V124zM174 82l18 18-10 44 8 4-40 64V124z" fill="#b0735a"/><path d="M126 82l24 48v82l-40-64 8-4-10-44zM174 82l-24 48" fill="none" stroke="#6d3f30" stroke-opacity=".55"/>
  <path d="M150 212v138" stroke="#6d3f30" stroke-opacity=".6"/><path d="M90 214h120l1 17H89z" fill="#7a4636"/><rect x="143" y="210" width="22" height="25" rx="3" fill="none" stroke="#e8c9a8" stroke-width="3"/>
  <path d="M163 231l10 56 11-3-9-53z" fill="#7a4636"/><path d="M96 268l24 6M204 268l-24 6" stroke="#6d3f30" stroke-width="2" stroke-opacity=".6"/><path d="M112 236c-6 40-8 70-10 110M190 236c6 40 8 70 10 110" fill="none" stroke="#6d3f30" stroke-opacity=".25" stroke-width="3"/>
</svg>`

export const dress = html`<svg viewBox="0 0 300 380">
  <defs><linearGradient id="dusk" x1="0" y1="0" x2=".4" y2="1"><stop offset="0" stop-color="#8f78c9"/><stop offset=".6" stop-color="#6a4f9f"/><stop offset="1" stop-color="#493470"/></linearGradient></defs>
  <rect class="wall" width="300" height="380"/><ellipse cx="150" cy="354" rx="92" ry="8" fill="#000" opacity=".12"/>
  <path d="M114 62l6 62M186 62l-6 62" stroke="#5b4389" stroke-width="3"/>
  <path d="M112 122c10 14 28 8 38 20 10-12 28-6 38-20 6 30 0 52 2 72 10 50 34 92 44 148-30 14-58 6-84 12-26-6-54 2-84-12 10-56 34-98 44-148 2-20-4-42 2-72z" fill="url(#dusk)"/>
  <path d="M112 122c10 14 28 8 38 20 10-12 28-6 38-20" fill="none" stroke="#c9b8f0" stroke-opacity=".7" stroke-width="2"/>
  <path d="M132 200c-8 50-28 96-36 148M150 204c0 50-4 100 0 148M168 200c8 50 28 96 36 148" fill="none" stroke="#2f1f52" stroke-opacity=".35" stroke-width="4"/>
  <path d="M122 206c-12 50-34 92-42 138M142 204c-4 50-14 100-18 146M160 204c6 50 16 96 22 146" fill="none" stroke="#cdbcf5" stroke-opacity=".35" stroke-width="3"/>
  <path d="M111 192c24 8 54 8 78 0" fill="none" stroke="#2f1f52" stroke-opacity=".4" stroke-width="2"/>
</svg>`

export const knit = html`<svg viewBox="0 0 300 380">
  <defs>
    <linearGradient id="alpaca" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f3ead9"/><stop offset="1" stop-color="#d2c3a6"/></linearGradient>
    <pattern id="rib" width="7" height="10" patternUnits="userSpaceOnUse"><path d="M3.500 0v10" stroke="#a8956f" stroke-opacity=".5" stroke-width="2"/></pattern>
    <pattern id="stitch" width="12" height="10" patternUnits="userSpaceOnUse"><path d="M0 2l6 5 6-5" fill="none" stroke="#a8956f" stroke-opacity=".28" stroke-width="1.500"/></pattern>
  </defs>
  <rect class="wall" width="300" height="380"/><ellipse cx="150" cy="326" rx="80" ry="7" fill="#000" opacity=".1"/>
  <g id="arm"><path d="M96 106C74 116 62 134 56 158L32 276c10 8 24 12 38 10l24-86z" fill="url(#alpaca)"/><path d="M36 258l-6 30c10 8 26 12 40 8l8-28c-14 2-30-2-42-10z" fill="#cdbd9d"/><path d="M36 258l-6 30c10 8 26 12 40 8l8-28c-14 2-30-2-42-10z" fill="url(#rib)"/></g>
  <use href="#arm" transform="matrix(-1 0 0 1 300 0)"/>
  <path d="M96 106l30-14h48l30 14c4 60 6 120 6 196-40 8-80 8-120 0 0-76 2-136 6-196z" fill="url(#alpaca)"/><path d="M96 106l30-14h48l30 14c4 60 6 120 6 196-40 8-80 8-120 0 0-76 2-136 6-196z" fill="url(#stitch)"/>
  <path d="M90 296c40 8 80 8 120 0v22c-40 8-80 8-120 0z" fill="#cdbd9d"/><path d="M90 296c40 8 80 8 120 0v22c-40 8-80 8-120 0z" fill="url(#rib)"/>
  <path d="M122 92c6 20 50 20 56 0l-8-8c-10 8-30 8-40 0z" fill="#cdbd9d"/><path d="M122 92c6 20 50 20 56 0l-8-8c-10 8-30 8-40 0z" fill="url(#rib)"/><path d="M130 84c10 8 30 8 40 0-8-4-32-4-40 0z" fill="#8b7a58"/>
  <path d="M96 130c6 30 4 60 0 90M204 130c-6 30-4 60 0 90" fill="none" stroke="#8b7a58" stroke-opacity=".35" stroke-width="3"/>
</svg>`

export const bag = html`<svg viewBox="0 0 300 380">
  <defs><linearGradient id="leather" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#2f8079"/><stop offset="1" stop-color="#12474a"/></linearGradient></defs>
  <rect class="wall" width="300" height="380"/><ellipse cx="150" cy="322" rx="96" ry="8" fill="#000" opacity=".14"/>
  <path d="M62 196C66 90 110 58 150 58s84 32 88 138" fill="none" stroke="#14504f" stroke-width="11" stroke-linecap="round"/><path d="M62 196C66 90 110 58 150 58s84 32 88 138" fill="none" stroke="#4fa39a" stroke-width="2" stroke-dasharray="5 5"/>
  <path d="M44 190c60 22 152 22 212 0 12 76-36 128-106 128S32 266 44 190z" fill="url(#leather)"/>
  <path d="M52 205c60 20 136 20 196 0" fill="none" stroke="#0b3437" stroke-opacity=".5" stroke-width="3"/><path d="M58 236c8 46 44 72 92 72s84-26 92-72" fill="none" stroke="#7cc4ba" stroke-opacity=".6" stroke-width="1.500" stroke-dasharray="5 4"/>
  <circle cx="62" cy="198" r="9" fill="#e3bd76"/><circle cx="238" cy="198" r="9" fill="#e3bd76"/><circle cx="62" cy="198" r="4" fill="#9a7433"/><circle cx="238" cy="198" r="4" fill="#9a7433"/>
  <path d="M136 214h28v26c0 8-6 14-14 14s-14-6-14-14z" fill="#e3bd76"/><circle cx="150" cy="234" r="4" fill="#7d5c23"/>
</svg>`
