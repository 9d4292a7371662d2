// Jedes Wort der Seite auf Deutsch.

import type { Texts } from './index';
import type { About, Note, SaveType, TaskName } from '../../shared/messages';
import type { Explanations } from './explanation';
import { formatOf } from './format';

const format = formatOf('de-DE');
const PICTURES: Record<TaskName, string> = { photo: 'Fotografien', sketch: 'Zeichnungen' };
const FORMATS = 'ein Bild als JPEG, PNG, WebP, AVIF, GIF, BMP oder TIFF';
const TYPES: Record<SaveType, string> = { 'image/png': 'PNG', 'image/jpeg': 'JPEG', 'image/webp': 'WebP' };
const HINTS_FIX = 'Schreiben Sie {"hints": [{"x": 0.41, "y": 0.63, "colour": "#b03a2e"}]}, wie Tupfer speichern es tut.';
const HINT_FIELDS = {
  fields: 'x, y und colour',
  x: 'x von 0 bis 1',
  y: 'y von 0 bis 1',
  colour: 'colour wie #b03a2e',
};
const RECEIVED: Record<string, string> = { HTML: 'eine Webseite (HTML)', text: 'Text' };

const words: Texts['words'] = {
  language: 'Sprache',
  update: 'Neue Fassung da: jetzt verwenden',
  install: 'Installieren',
  toBatch: 'Zurück zur Liste',
  open: 'Bilder öffnen',
  again: 'Noch einmal',
  dismiss: 'Ausblenden',
  close: 'Schließen',
  cancel: 'Abbrechen',
  welcome: 'Bild wählen',
  choose: 'Bilder wählen',
  orDrop: 'oder irgendwo ablegen oder eines einfügen',
  formats: 'JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF · bis 100 Megapixel',
  camera: 'Foto aufnehmen',
  samples: 'Oder eines von diesen',
  editor: 'Das offene Bild',
  stage: 'Bild',
  stageHelp:
    'Klicken Sie auf eine Stelle, um ihr eine Farbe zu geben. Pfeiltasten verschieben das Bild, Plus und Minus zoomen, ' +
    '0 zeigt es ganz; 1 zeigt es vorher, 2 nachher, 3 beides.',
  split: 'Wie viel vom Bild so gezeigt wird, wie es vorher war',
  pickHelp:
    'Klicken Sie auf die Stelle, deren Farbe Sie möchten, oder bewegen Sie das Kreuz mit den Pfeiltasten ' +
    'und drücken Sie die Eingabetaste. Escape beendet.',
  spotHelp:
    'Klicken Sie auf die Stelle, die eine Farbe bekommt, oder bewegen Sie das Kreuz mit den Pfeiltasten ' +
    'und drücken Sie die Eingabetaste. Escape beendet.',
  crosshair: 'Diese Stelle nehmen',
  markHelp: 'Pfeiltasten verschieben ihn, die Eingabetaste ändert die Farbe, Entf entfernt ihn.',
  tools: 'Rückgängig, Vergleich und Zoom',
  undo: 'Rückgängig (Strg+Z)',
  redo: 'Wiederholen (Strg+Y)',
  compare: 'Vergleichen',
  before: 'Vorher',
  both: 'Beides',
  after: 'Nachher',
  zoomOut: 'Verkleinern (−)',
  zoomIn: 'Vergrößern (+)',
  zoomFit: 'Das ganze Bild zeigen (0)',
  panel: 'Einstellungen',
  from: 'Farben',
  fromModel: 'Von Handtint',
  fromOwn: 'Eigene',
  fromServer: 'Vom Server',
  serverPrivacy: 'Bild und Farbtupfer gehen an den Server, von dem diese Seite stammt. Er behält nichts davon.',
  serverKey: 'Schlüssel',
  alternatives: 'Varianten',
  look: 'Anmutung',
  strength: 'Stärke',
  saturation: 'Sättigung',
  warmth: 'Wärme',
  lookReset: 'Zurücksetzen',
  hints: 'Farbtupfer',
  hintsHelp: 'Klicken Sie auf eine Stelle im Bild und sagen Sie, welche Farbe sie hat.',
  hintAdd: 'Tupfer setzen',
  hintsClear: 'Alle entfernen',
  hintsSave: 'Tupfer speichern',
  hintsLoad: 'Tupfer laden',
  palette: 'Farbe dieser Stelle',
  suggested: 'Natürlich für diese Stelle',
  recent: 'Schon verwendet',
  anyColour: 'Andere Farbe',
  pick: 'Farbe aus dem Bild nehmen',
  deleteHint: 'Diesen Tupfer entfernen (Entf)',
  output: 'Speichern',
  saveType: 'Speichern als',
  quality: 'Qualität',
  copy: 'Bild kopieren',
  share: 'Bild teilen',
  batch: 'Viele Bilder',
  batchCancel: 'Abbrechen',
  batchRetry: 'Die übrigen wiederholen',
  batchClear: 'Liste leeren',
  batchZip: 'Alle als Zip speichern',
  batchEdit: 'Bearbeiten',
  progress: 'Fortschritt',
  backend: 'Worauf das Modell läuft',
};

const notes: Record<Note, string> = {
  'first-frame': 'Die Datei enthält mehrere Bilder: Das erste wird gefärbt.',
  'eight-bits': 'Das Bild hat mehr als 8 Bit je Kanal; das Ergebnis hat 8.',
  'already-colour': 'Das Bild ist schon farbig: Es wurde erst grau gemacht.',
  transparency: 'Die Transparenz bleibt.',
  'white-paper': 'Aus den durchsichtigen Teilen ist weißes Papier geworden.',
  'profile-dropped': 'Das Farbprofil bleibt nicht erhalten: Das Ergebnis ist sRGB.',
  'metadata-dropped': 'Die Angaben zum Bild (EXIF, XMP) bleiben nicht erhalten.',
};

const explanations: Explanations = {
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
  'backend-lost': ({ backend }) => ({
    what: 'Der Seite wurde die Grafikkarte entzogen.',
    why: `Erwartet: ${backend} rechnet weiter; erhalten: nichts davon.`,
    fix: 'Versuchen Sie es noch einmal: sie wird neu gestartet. Geschieht es oft, wählen Sie unten auf der Seite wasm.',
  }),
  'unknown-backend': ({ received, known }) => ({
    what: `Ein Backend „${received}“ gibt es nicht.`,
    why: `Erwartet: eines von ${known} in der Adresse; erhalten: ${received}.`,
    fix: 'Berichtigen Sie die Adresse, oder lassen Sie das Backend weg.',
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

export const de: Texts = {
  locale: 'de-DE',
  name: 'Deutsch',
  format,
  words,
  notes,
  explanations,
  tagline: (offered) => `Farbe für Schwarz-Weiß-Fotografien${offered.includes('sketch') ? ' und Strichzeichnungen' : ''}`,
  privacy: 'Ihre Bilder bleiben auf diesem Gerät: Sie werden hier gefärbt und nirgendwohin geschickt.',
  privacyServer: 'Das offene Bild wird auf dem Server gefärbt. Alle anderen bleiben auf diesem Gerät.',
  offline: (drawingsToo) => `Geht ohne Netz${drawingsToo ? '' : ', Zeichnungen nach der ersten'}`,

  status: {
    download: (task) => `Das Modell für ${PICTURES[task]} wird geholt …`,
    amount: (received, total) => `${format.bytes(received)} von ${format.bytes(total)}`,
    start: 'Das Modell wird gestartet …',
    ready: 'Bereit',
    opening: 'Das Bild wird geöffnet …',
    colouring: 'Das Bild wird gefärbt …',
    server: 'Der Server färbt …',
    saving: 'Das Bild wird geschrieben …',
    stopped: 'Das hat nicht geklappt',
    done: (milliseconds) => `Gefärbt in ${format.seconds(milliseconds)}`,
    cancelled: 'Abgebrochen',
  },
  engine: ({ threads }: About) => (threads > 1 ? `${threads} Threads` : ''),
  backendBest: (about) => (about ? `automatisch: ${about.backend}` : 'automatisch'),

  sample: (bytes) => format.bytes(bytes),
  facts: (width, height, kind) => `${format.pixels(width, height)} · ${format.megapixels(width, height)} Megapixel · ${kind}`,
  canvas: (name, state) => `${name}, ${state === 'grey' ? 'noch nicht gefärbt' : 'gefärbt'}`,
  splitValue: (share) => (share <= 0 ? 'ganz nachher' : share >= 1 ? 'ganz vorher' : `${format.percent(share)} vorher`),
  reason: {
    photo: { guessed: 'Für eine Fotografie gehalten: überall Schattierungen.', said: 'Als Fotografie gefärbt.' },
    sketch: { guessed: 'Für eine Zeichnung gehalten: klare Linien auf gleichmäßigem Papier.', said: 'Als Zeichnung gefärbt.' },
  },
  takeFor: { photo: 'Es ist eine Fotografie', sketch: 'Es ist eine Zeichnung' },
  alternative: (variant) => (variant === 0 ? 'Wahrscheinlichste Farben' : `Variante ${variant}`),
  swatch: (colour) => `Farbe ${colour}`,
  hint: (number, colour, x, y) =>
    `Tupfer ${number}: ${colour}, ${format.percent(x)} von links, ${format.percent(y)} von oben`,
  removeHint: (number) => `Tupfer ${number} entfernen`,
  save: (name) => `${name} speichern`,
  output: {
    saved: (name, bytes) => `${name} gespeichert, ${format.bytes(bytes)}.`,
    copied: 'Kopiert.',
    shareAgain: 'Das Bild ist bereit: Drücken Sie noch einmal auf Teilen.',
  },
  batch: {
    title: (count) => (count === 1 ? '1 Bild' : `${format.number(count)} Bilder`),
    say: ({ count, done, failed, cancelled, millisecondsLeft }) =>
      [
        `${format.number(done)} von ${format.number(count)} gefärbt`,
        ...(failed > 0 ? [`${format.number(failed)} misslungen`] : []),
        ...(cancelled > 0 ? [`${format.number(cancelled)} abgebrochen`] : []),
        ...(millisecondsLeft === undefined ? [] : [`noch etwa ${format.duration(millisecondsLeft)}`]),
      ].join(', '),
    states: {
      waiting: 'Wartet',
      working: 'Wird gefärbt …',
      done: 'Gefärbt',
      failed: 'Misslungen',
      cancelled: 'Abgebrochen',
    },
    done: (width, height, milliseconds) => `${format.pixels(width, height)}, gefärbt in ${format.seconds(milliseconds)}`,
    save: (name) => `${name} in Farbe speichern`,
    edit: (name) => `${name} bearbeiten`,
  },
};
