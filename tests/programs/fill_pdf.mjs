// Fills a PDF form in as a JavaScript library does: node fill_pdf.mjs <pdfjs|pdf-lib|pdf-lib-flat> <form> <answers.json> <filled>
// Answers are by field name: a text, a choice, or true for a box to tick.
import { readFileSync, writeFileSync } from "node:fs";

const [library, form, answers, filled] = process.argv.slice(2);
const data = new Uint8Array(readFileSync(form));
const given = JSON.parse(readFileSync(answers, "utf8"));

// As Firefox's viewer keeps what is typed and writes it when the file is saved.
async function withPdfJs() {
  const { getDocument } = await import("pdfjs-dist/legacy/build/pdf.mjs");
  const pdf = await getDocument({ data, isEvalSupported: false, useSystemFonts: false }).promise;
  for (const [name, fields] of Object.entries(await pdf.getFieldObjects())) {
    if (!(name in given)) continue;
    for (const field of fields) {
      if (field.type === "radiobutton") {
        if (field.exportValues === given[name]) pdf.annotationStorage.setValue(field.id, { value: true });
      } else {
        pdf.annotationStorage.setValue(field.id, { value: given[name] });
      }
    }
  }
  return pdf.saveDocument();
}

async function withPdfLib() {
  const { PDFCheckBox, PDFDocument, PDFDropdown, PDFRadioGroup } = await import("pdf-lib");
  const pdf = await PDFDocument.load(data);
  for (const [name, answer] of Object.entries(given)) {
    const field = pdf.getForm().getField(name);
    if (field instanceof PDFCheckBox) field.check();
    else if (field instanceof PDFDropdown || field instanceof PDFRadioGroup) field.select(answer);
    else field.setText(answer);
  }
  if (library === "pdf-lib-flat") {
    pdf.getForm().flatten();
    return pdf.save();
  }
  // Its own fonts have no ł or 😀; whoever shows the file draws the answers.
  return pdf.save({ updateFieldAppearances: false });
}

writeFileSync(filled, await (library === "pdfjs" ? withPdfJs() : withPdfLib()));
