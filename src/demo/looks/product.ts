import { type Html, html } from '../html.ts'

/** One piece on the shelf. */
export const product = (drawing: Html, name: string, detail: string, price: string): Html => html`
  <li class="product"><div class="plate" aria-hidden="true">${drawing}</div><h3>${name}</h3><p>${detail}</p><p class="price">${price}</p></li>`
