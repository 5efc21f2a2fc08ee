// Opens pages in headless Chromium, light and dark, and fails unless each renders without a console message, an
// error or a network request, sorts its tables, prints, and has no text of a figure on another one.
// Usage: node check_page.mjs FOLDER PAGE.html ...; screenshots go into FOLDER. See tools/check_page.sh.
import {pathToFileURL} from 'node:url';
import path from 'node:path';
import chromium from '@sparticuz/chromium';
import puppeteer from 'puppeteer-core';

const [folder, ...pages] = process.argv.slice(2);
if (!pages.length) throw new Error('usage: node check_page.mjs FOLDER PAGE.html ...');
const browser = await puppeteer.launch({
  args: chromium.args,
  executablePath: await chromium.executablePath(),
  headless: 'shell',
  protocolTimeout: 120_000,
});
const problems = [];

// Pairs of texts in one figure whose boxes lie on each other.
function overlapping() {
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {
    const texts = [...svg.querySelectorAll('text')].map((item) => [item.textContent, item.getBoundingClientRect()]);
    texts.forEach(([name, one], position) => {
      for (const [other, two] of texts.slice(0, position)) {
        const across = Math.min(one.right, two.right) - Math.max(one.left, two.left);
        // Boxes are of lines, with room above and below the letters.
        const down = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
        if (across > 1 && down > 4) found.push(`${name} / ${other}`);
      }
    });
  }
  return found;
}

// Whether a click on each heading of each table orders its numbers.
function unsorted() {
  const found = [];
  for (const table of document.querySelectorAll('table')) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      heading.click();
      const values = [...table.tBodies[0].rows]
        .filter((row) => !row.classList.contains('f'))
        .map((row) => row.cells[column].dataset.v)
        .filter((value) => value !== undefined)
        .map(Number);
      const rises = values.every((value, place) => !place || values[place - 1] <= value);
      const falls = values.every((value, place) => !place || values[place - 1] >= value);
      if (!rises && !falls) found.push(heading.textContent);
    });
  }
  return found;
}

for (const page of pages) {
  const name = path.basename(page, '.html');
  const tab = await browser.newPage();
  const failed = (text) => problems.push(`${page}: ${text}`);
  const url = pathToFileURL(path.resolve(page)).href;
  tab.on('console', (message) => failed(`console ${message.type()}: ${message.text()}`));
  tab.on('pageerror', (error) => failed(`error: ${error.message}`));
  tab.on('request', (request) => request.url() === url || failed(`request: ${request.url().slice(0, 200)}`));
  await tab.setViewport({width: 1200, height: 1600});
  await tab.goto(url, {waitUntil: 'networkidle0'});
  const colours = [];
  for (const scheme of ['light', 'dark']) {
    await tab.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
    await tab.screenshot({path: path.join(folder, `${name}-${scheme}.png`)});
    colours.push(await tab.evaluate(() => {
      // What `canvas` and `canvastext` come to in this scheme.
      const probe = document.body.appendChild(document.createElement('p'));
      probe.style.cssText = 'background:canvas;color:canvastext';
      const {backgroundColor, color} = getComputedStyle(probe);
      probe.remove();
      return `${getComputedStyle(document.body).color} of ${color} on ${backgroundColor}`;
    }));
  }
  if (colours[0] === colours[1]) failed(`light and dark are the same: ${colours[0]}`);
  const seen = await tab.evaluate(() => ({
    heading: document.querySelector('h1')?.textContent,
    tables: document.querySelectorAll('table').length,
    figures: document.querySelectorAll('svg').length,
    height: document.body.scrollHeight,
    beyond: document.documentElement.scrollWidth - innerWidth,
    data: JSON.parse(document.getElementById('tflops-data').textContent).format,
  }));
  if (!seen.heading || seen.height < 100) failed('nothing is rendered');
  if (!String(seen.data).startsWith('tflops_native/')) failed('the data is not of a result');
  for (const pair of await tab.evaluate(overlapping)) failed(`texts on each other: ${pair}`);
  for (const column of await tab.evaluate(unsorted)) failed(`does not sort: ${column}`);
  const printed = await tab.pdf({format: 'A4'});
  if (printed.length < 1000) failed('the print is empty');
  console.log(`${page}: ${seen.heading}, ${seen.tables} tables, ${seen.figures} figures, ${seen.beyond} px too wide`);
  await tab.close();
}
await browser.close();
problems.forEach((problem) => console.error(`error: ${problem}`));
process.exitCode = problems.length ? 1 : 0;
