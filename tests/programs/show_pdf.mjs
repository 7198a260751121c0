// What Firefox's viewer shows of a form's fields: node show_pdf.mjs <form>. As JSON, field by field, in the order of the page.
import { readFileSync } from "node:fs";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";

const data = new Uint8Array(readFileSync(process.argv[2]));
const pdf = await getDocument({ data, isEvalSupported: false, useSystemFonts: false }).promise;
const page = await pdf.getPage(1);
const fields = await page.getAnnotations();
// A field with a canvas of its own is shown as the file draws it; what is drawn there is its textContent.
console.log(JSON.stringify(fields.map(({ fieldName, fieldValue, alternativeText, readOnly, hasOwnCanvas, textContent }) =>
  ({ fieldName, fieldValue, alternativeText, readOnly, hasOwnCanvas, textContent }))));
