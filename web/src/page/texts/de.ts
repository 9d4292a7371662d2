// Jedes Wort der Seite auf Deutsch; ihre Probleme stehen in de_problems.ts.

import type { Texts } from './index';
import type { About, Note, TaskName } from '../../shared/messages';
import { explanations } from './de_problems';
import { formatOf } from './format';

const format = formatOf('de-DE');
const PICTURES: Record<TaskName, string> = { photo: 'Fotografien', sketch: 'Zeichnungen' };

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
  save: (name) => `Speichern: ${name}`,
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
