// Say what a room could not see or read on one slide: `inspectSlide(slide)` returns sentences, none if all is well.
// The slide is an element of the deck, or the notebook in JupyterLab's presenting mode.

const WIDTH_ALLOWANCE = 1.02; // padding at the right edge, which nobody sees
const SMALLEST_TEXT = 20;
const SMALLEST_CODE = 16;
const LEAST_CONTRAST = 4.5; // WCAG 2.2 AA for text that is not large

const isShown = element => {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && getComputedStyle(element).visibility === 'visible'
    && !element.closest('aside.notes, .MJX_Assistive_MathML, .cm-announced');
};

const ownText = element => [...element.childNodes]
  .filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.data).join('').trim();

// The box of an element, and of its words where these stick out of it.
const boxOf = element => {
  const [range, box] = [document.createRange(), element.getBoundingClientRect()];
  range.selectNodeContents(element);
  const words = ownText(element) ? range.getBoundingClientRect() : box;
  return { right: Math.max(box.right, words.right), bottom: Math.max(box.bottom, words.bottom) };
};

const liesOver = (element, other) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const [a, b] = [range.getBoundingClientRect(), other.getBoundingClientRect()];
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
};

const numbers = colour => colour.match(/[\d.]+/g).map(Number);

const luminance = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue].map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

const backgroundOf = element => {
  for (let e = element; e; e = e.parentElement) {
    const colour = numbers(getComputedStyle(e).backgroundColor);
    if (colour.length < 4 || colour[3] > 0.99) return colour;
  }
  return [255, 255, 255];
};

const contrast = element => {
  const [dark, light] = [numbers(getComputedStyle(element).color), backgroundOf(element)]
    .map(luminance).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

const inspectSlide = slide => {
  const problems = [];
  const slideNumber = document.querySelector('.reveal > .slide-number');
  const say = (problem, element) => problems.push(`${problem}: "${element.textContent.trim().slice(0, 50)}"`);
  const elements = [...slide.querySelectorAll('*')].filter(isShown);

  const page = { right: window.innerWidth, bottom: window.innerHeight };
  const boxes = elements.map(boxOf);
  const right = Math.round(Math.max(...boxes.map(box => box.right)));
  const bottom = Math.round(Math.max(...boxes.map(box => box.bottom)));
  if (bottom > page.bottom + 1) problems.push(`content ends at ${bottom} of ${page.bottom} pixels of height`);
  if (right > page.right * WIDTH_ALLOWANCE) problems.push(`content ends at ${right} of ${page.right} pixels of width`);
  if (slide.scrollHeight > slide.clientHeight + 2) problems.push(`the slide scrolls: ${slide.scrollHeight} of ${slide.clientHeight}`);

  for (const element of elements) {
    if (element.matches('pre, .cm-content, .cm-scroller, .jp-OutputArea-output')
        && element.scrollWidth > element.clientWidth + 2) say('code or output is cut off at the right', element);
    if (element.matches('img') && !(element.complete && element.naturalWidth)) problems.push(`broken picture: ${element.alt}`);
    if (element.matches('.MathJax_Error, .mjx-merror, mjx-merror')) say('formula with an error', element);
    const text = ownText(element);
    if (!text || element.closest('.MathJax, .MathJax_CHTML, mjx-container')) continue;
    const code = element.closest('pre, code, .cm-content');
    if (!code && /\$[^$]+\$|\\\(|\\\[|\\begin/.test(text)) say('formula that was not rendered', element);
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < (code ? SMALLEST_CODE : SMALLEST_TEXT)) say(`${code ? 'code' : 'text'} of ${size} pixels`, element);
    if (slideNumber && liesOver(element, slideNumber)) say('text under the slide number', element);
    if (contrast(element) < LEAST_CONTRAST) say(`contrast of ${contrast(element).toFixed(2)}`, element);
  }
  return problems;
};
