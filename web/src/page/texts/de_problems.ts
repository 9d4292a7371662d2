// Was schiefgegangen ist, auf Deutsch.

import type { SaveType, TaskName } from '../../shared/messages';
import type { Explanations } from './explanation';
import { formatOf } from './format';

const format = formatOf('de-DE');
const PICTURES: Record<TaskName, string> = { photo: 'Fotografien', sketch: 'Zeichnungen' };
const FORMATS = 'ein Bild als JPEG, PNG, WebP, AVIF, GIF, BMP oder TIFF';
const RECEIVED: Record<string, string> = { HTML: 'eine Webseite (HTML)', text: 'Text' };
const TYPES: Record<SaveType, string> = { 'image/png': 'PNG', 'image/jpeg': 'JPEG', 'image/webp': 'WebP' };
const HINTS_FIX = 'Schreiben Sie {"hints": [{"x": 0.41, "y": 0.63, "colour": "#b03a2e"}]}, wie Tupfer speichern es tut.';
const HINT_FIELDS = {
  fields: 'x, y und colour',
  x: 'x von 0 bis 1',
  y: 'y von 0 bis 1',
  colour: 'colour wie #b03a2e',
};

export const explanations: Explanations = {
  'empty-file': ({ name }) => ({
    what: `${name} ist leer.`,
    why: `Erwartet: ${FORMATS}; erhalten: eine Datei von 0 Byte.`,
    fix: 'Kopieren oder laden Sie das Bild noch einmal.',
  }),
  'not-a-picture': ({ name, received }) => ({
    what: `${name} ist kein Bild.`,
    why: `Erwartet: ${FORMATS}; erhalten: ${RECEIVED[received] ?? 'etwas Unbekanntes'}.`,
    fix: 'Speichern Sie das Bild selbst, nicht die Seite, auf der es steht, und wählen Sie diese Datei.',
  }),
  'unsupported-format': ({ name, received }) => ({
    what: `${received}-Dateien kann diese Seite nicht lesen.`,
    why: `Erwartet: ${FORMATS}; ${name} ist ${received}.`,
    fix: 'Speichern Sie es in einem anderen Programm als PNG oder JPEG und wählen Sie diese Datei.',
  }),
  truncated: ({ name, format: kind }) => ({
    what: `${name} ist abgeschnitten.`,
    why: `Erwartet: eine ganze ${kind}-Datei; erhalten: eine, deren Ende fehlt.`,
    fix: 'Kopieren oder laden Sie das Bild noch einmal, bis zum Ende.',
  }),
  'too-large': ({ name, width, height }) => ({
    what: `${name} ist zu groß.`,
    why:
      'Erwartet: höchstens 100 Megapixel und keine Seite über 32.767; ' +
      `erhalten: ${format.pixels(width, height)} Pixel (${format.megapixels(width, height)} Megapixel).`,
    fix: 'Verkleinern Sie es in einem anderen Programm, oder zerlegen Sie es.',
  }),
  undecodable: ({ name, format: kind }) => ({
    what: `${name} lässt sich nicht lesen.`,
    why: `Erwartet: eine gültige ${kind}-Datei; erhalten: eine, die dieser Browser nicht lesen kann.`,
    fix: 'Öffnen Sie es in einem anderen Programm, speichern Sie es als PNG und wählen Sie diese Datei.',
  }),
  'out-of-memory': ({ name, width, height }) => ({
    what: `Für ${name} fehlt Speicher.`,
    why: `Erwartet: Platz für ${format.pixels(width, height)} Pixel; dieser Browser hat ihn verweigert.`,
    fix: 'Schließen Sie andere Tabs, oder verkleinern Sie das Bild.',
  }),
  unreadable: ({ name }) => ({
    what: `${name} lässt sich nicht öffnen.`,
    why: 'Erwartet: eine Datei; erhalten: ein Ordner oder eine Datei, die verschoben wurde oder Ihnen nicht offensteht.',
    fix: 'Wählen Sie die Datei noch einmal.',
  }),
  'no-file': () => ({
    what: 'Darin war kein Bild.',
    why: `Erwartet: ${FORMATS} als Datei; erhalten: Text oder ein Link.`,
    fix: 'Speichern Sie das Bild zuerst und wählen Sie die Datei, oder kopieren Sie das Bild selbst.',
  }),
  'sample-unreachable': ({ name }) => ({
    what: `Das Beispiel ${name} ließ sich nicht holen.`,
    why: 'Erwartet: ein Bild vom Server; erhalten: keine Antwort.',
    fix: 'Prüfen Sie das Netz, oder wählen Sie ein eigenes Bild.',
  }),
  'not-written': ({ type }) => ({
    what: `Dieser Browser hat das Bild nicht als ${TYPES[type]} geschrieben.`,
    why: `Erwartet: eine Datei vom Typ ${TYPES[type]}; der Browser hat keine für ein Bild dieser Größe oder gar keine.`,
    fix: 'Wählen Sie unter Speichern als einen anderen Typ.',
  }),
  'not-copied': () => ({
    what: 'Das Bild wurde nicht kopiert.',
    why: 'Erwartet: die Erlaubnis, in die Zwischenablage zu schreiben; der Browser hat sie verweigert.',
    fix: 'Erlauben Sie es dieser Seite, oder speichern Sie das Bild als Datei.',
  }),
  'hints-not-json': ({ name }) => ({
    what: `${name} enthält keine Tupfer.`,
    why: 'Erwartet: JSON; erhalten: etwas anderes.',
    fix: HINTS_FIX,
  }),
  'hints-form': ({ name, received }) => ({
    what: `${name} enthält keine Tupfer.`,
    why: `Erwartet: ein Objekt mit einer Liste, "hints"; erhalten: ${received}.`,
    fix: HINTS_FIX,
  }),
  'hints-too-many': ({ name, count, most }) => ({
    what: `${name} enthält zu viele Tupfer.`,
    why: `Erwartet: höchstens ${format.number(most)}; erhalten: ${format.number(count)}.`,
    fix: 'Lassen Sie einige weg.',
  }),
  'hints-entry': ({ name, number, field, received }) => ({
    what: `Tupfer ${number} in ${name} ist falsch.`,
    why: `Erwartet: ${HINT_FIELDS[field]}; erhalten: ${received}.`,
    fix: HINTS_FIX,
  }),
  'model-unreachable': ({ task, path, received }) => ({
    what: `Das Modell für ${PICTURES[task]} ließ sich nicht holen.`,
    why: `Erwartet: ${path} vom Server; erhalten: ${received}.`,
    fix: 'Prüfen Sie das Netz und versuchen Sie es noch einmal.',
  }),
  'model-manifest': ({ expected, received }) => ({
    what: 'Der Server hat ein Modell, das diese Seite nicht versteht.',
    why: `Erwartet: ${expected}; erhalten: ${received}.`,
    fix: 'Laden Sie die Seite neu. Hilft das nicht, müssen Seite oder Modell neu gebaut werden.',
  }),
  'model-damaged': ({ path, expected, received }) => ({
    what: 'Das Modell kam beschädigt an.',
    why: `Erwartet: ${path} mit ${expected}; erhalten: ${received}.`,
    fix: 'Versuchen Sie es noch einmal. Hilft das nicht, ist die Kopie auf dem Server kaputt.',
  }),
  'no-backend': ({ tried }) => ({
    what: 'Das Modell läuft in diesem Browser nicht.',
    why: `Erwartet: WebGPU, WebGL, WebAssembly oder JavaScript; versucht: ${tried}.`,
    fix: 'Aktualisieren Sie den Browser, oder nehmen Sie einen anderen.',
  }),
  'unknown-backend': ({ received, known }) => ({
    what: `Ein Backend „${received}“ gibt es nicht.`,
    why: `Erwartet: eines von ${known} in der Adresse; erhalten: ${received}.`,
    fix: 'Berichtigen Sie die Adresse, oder lassen Sie das Backend weg.',
  }),
  'backend-lost': ({ backend }) => ({
    what: 'Der Seite wurde die Grafikkarte entzogen.',
    why: `Erwartet: ${backend} rechnet weiter; erhalten: nichts davon.`,
    fix: 'Versuchen Sie es noch einmal: sie wird neu gestartet. Geschieht es oft, wählen Sie unten auf der Seite wasm.',
  }),
  'server-unreachable': () => ({
    what: 'Der Server antwortet nicht.',
    why: 'Erwartet: das Bild in Farbe; erhalten: keine Antwort.',
    fix: 'Prüfen Sie das Netz und versuchen Sie es noch einmal, oder lassen Sie diese Seite färben.',
  }),
  'server-refused': ({ detail, fix }) => ({
    what: 'Der Server hat das Bild nicht gefärbt.',
    why: detail,
    fix: fix || 'Versuchen Sie es noch einmal, oder lassen Sie diese Seite färben.',
  }),
  unexpected: ({ detail }) => ({
    what: 'In dieser Seite ist etwas schiefgegangen.',
    why: detail,
    fix: 'Laden Sie die Seite neu und versuchen Sie es noch einmal. Geschieht es wieder, melden Sie bitte die Zeile darüber.',
  }),
};
