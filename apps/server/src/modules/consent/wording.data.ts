/** What the public pages say. `{topic}` and `{brand}` are filled in. */
export interface Wording {
  readonly preferencesTitle: string;
  /** Kept as proof of what a customer chose. */
  readonly legend: string;
  readonly save: string;
  readonly saved: string;
  readonly unsubscribeAll: string;
  readonly unsubscribeAllHint: string;
  readonly unsubscribedAll: string;
  readonly stopTitle: string;
  readonly stopHint: string;
  readonly stop: string;
  readonly stopped: string;
  /** She stopped everything herself. */
  readonly stoppedNow: string;
  /** Mail came back, was reported, or was stopped by the shop. */
  readonly stoppedForGood: string;
  readonly oneClickDone: string;
  readonly confirmTitle: string;
  /** Kept as proof of what a customer confirmed. */
  readonly confirmQuestion: string;
  readonly confirmButton: string;
  readonly confirmIgnore: string;
  readonly confirmed: string;
  readonly lapsedTitle: string;
  readonly lapsed: string;
  readonly unknownTitle: string;
  readonly unknown: string;
  readonly frequencyTitle: string;
  readonly usual: string;
  /** `{count}` messages in seven days. */
  readonly lessOftenWeek: string;
  /** `{count}` messages in `{days}` days. */
  readonly lessOftenDays: string;
  readonly pauseTitle: string;
  readonly pauseHint: string;
  readonly pause: string;
  /** `{date}` is the day it ends. */
  readonly pausedUntil: string;
  readonly resume: string;
  readonly paused: string;
  readonly resumed: string;
  readonly profilingTitle: string;
  readonly profilingHint: string;
  readonly profilingOff: string;
  /** She objects to it. */
  readonly notProfiled: string;
  readonly profilingOn: string;
  readonly profilingStopped: string;
  readonly profilingResumed: string;
  readonly channels: Readonly<Record<string, string>>;
}

const en: Wording = {
  preferencesTitle: 'What we write to you about',
  legend: 'Send me messages about:',
  save: 'Save',
  saved: 'Saved.',
  unsubscribeAll: 'Unsubscribe from all of it',
  unsubscribeAllHint: 'You still get what you need to know about your orders.',
  unsubscribedAll: 'Done. You get no more of these messages. If that was a mistake, tick what you want again.',
  stopTitle: 'Stop everything',
  stopHint: 'No message of any kind goes to this address any more, not even about your orders.',
  stop: 'Stop everything',
  stopped: 'Done. This address gets no more messages.',
  stoppedNow: 'At present this address gets no messages at all. Saving a choice below lets them through again.',
  stoppedForGood:
    'This address gets no messages at all, and a choice below does not change that. Please write to us if you want them again.',
  oneClickDone: 'Done. You will get no more of these messages.',
  confirmTitle: 'One more step',
  confirmQuestion: 'Yes, {brand} may send me messages about: {topic}',
  confirmButton: 'Yes, sign me up',
  confirmIgnore: 'You did not ask for this? Then simply close this page: nothing will be sent to you.',
  confirmed: 'Thank you, you are signed up. Every message has a link to change your mind.',
  lapsedTitle: 'This link has lapsed',
  lapsed: 'It was not used in time, so nothing was signed up. Sign up again and a new one comes by mail.',
  unknownTitle: 'This link does not work',
  unknown: 'It may have been cut off. Please open it again from the message you received.',
  frequencyTitle: 'How often',
  usual: 'As usual',
  lessOftenWeek: 'Less often: at most {count} a week',
  lessOftenDays: 'Less often: at most {count} in {days} days',
  pauseTitle: 'Take a break',
  pauseHint: 'No news and offers for 30 days. It ends by itself; your orders are not affected.',
  pause: 'Pause for 30 days',
  pausedUntil: 'Paused until {date}. After that, messages come again by themselves.',
  resume: 'End the pause now',
  paused: 'Done. You have a break until {date}.',
  resumed: 'Done. The pause is over.',
  profilingTitle: 'Chosen for you',
  profilingHint: 'We choose some of these messages by what you look at and buy here.',
  profilingOff: 'Do not choose by what I do',
  notProfiled: 'We do not use what you do here to choose messages for you.',
  profilingOn: 'Choose messages for me again',
  profilingStopped: 'Done. What you do here no longer decides what we send you.',
  profilingResumed: 'Done. We choose messages for you again.',
  channels: {
    email: 'Email',
    sms: 'SMS',
    whatsapp: 'WhatsApp',
    voice: 'Telephone',
    messenger: 'Messenger',
    instagram: 'Instagram',
    telegram: 'Telegram',
    web_chat: 'Chat',
    onsite: 'On our website',
    web_push: 'Browser notifications',
    push: 'App notifications',
  },
};

const de: Wording = {
  preferencesTitle: 'Worüber wir Ihnen schreiben',
  legend: 'Schicken Sie mir Nachrichten über:',
  save: 'Speichern',
  saved: 'Gespeichert.',
  unsubscribeAll: 'Alles abbestellen',
  unsubscribeAllHint: 'Was Sie zu Ihren Bestellungen wissen müssen, bekommen Sie weiterhin.',
  unsubscribedAll:
    'Erledigt. Sie bekommen keine dieser Nachrichten mehr. War das ein Versehen, wählen Sie einfach neu aus.',
  stopTitle: 'Gar keine Nachrichten mehr',
  stopHint: 'An diese Adresse geht dann keinerlei Nachricht mehr, auch nicht zu Ihren Bestellungen.',
  stop: 'Gar keine Nachrichten mehr',
  stopped: 'Erledigt. Diese Adresse bekommt keine Nachrichten mehr.',
  stoppedNow: 'Zurzeit bekommt diese Adresse gar keine Nachrichten. Eine gespeicherte Auswahl lässt sie wieder zu.',
  stoppedForGood:
    'Diese Adresse bekommt gar keine Nachrichten, und eine Auswahl hier ändert daran nichts. Bitte schreiben Sie uns, wenn Sie wieder welche möchten.',
  oneClickDone: 'Erledigt. Sie bekommen keine dieser Nachrichten mehr.',
  confirmTitle: 'Nur noch ein Schritt',
  confirmQuestion: 'Ja, {brand} darf mir Nachrichten schicken über: {topic}',
  confirmButton: 'Ja, ich möchte das',
  confirmIgnore: 'Das waren nicht Sie? Dann schließen Sie diese Seite: Sie bekommen nichts zugeschickt.',
  confirmed: 'Danke, Sie sind angemeldet. In jeder Nachricht steht ein Link, um sich wieder abzumelden.',
  lapsedTitle: 'Dieser Link ist abgelaufen',
  lapsed:
    'Er wurde nicht rechtzeitig benutzt, Sie sind nicht angemeldet. Melden Sie sich neu an, dann kommt ein neuer.',
  unknownTitle: 'Dieser Link funktioniert nicht',
  unknown: 'Vielleicht wurde er abgeschnitten. Bitte öffnen Sie ihn noch einmal aus der Nachricht.',
  frequencyTitle: 'Wie oft',
  usual: 'Wie gewohnt',
  lessOftenWeek: 'Seltener: höchstens {count} pro Woche',
  lessOftenDays: 'Seltener: höchstens {count} in {days} Tagen',
  pauseTitle: 'Eine Pause machen',
  pauseHint:
    '30 Tage lang keine Neuigkeiten und Angebote. Die Pause endet von selbst; Ihre Bestellungen betrifft sie nicht.',
  pause: '30 Tage Pause',
  pausedUntil: 'Pause bis {date}. Danach kommen wieder Nachrichten, ohne dass Sie etwas tun müssen.',
  resume: 'Pause jetzt beenden',
  paused: 'Erledigt. Sie haben Pause bis {date}.',
  resumed: 'Erledigt. Die Pause ist zu Ende.',
  profilingTitle: 'Für Sie ausgewählt',
  profilingHint: 'Manche dieser Nachrichten wählen wir danach aus, was Sie hier ansehen und kaufen.',
  profilingOff: 'Nicht nach meinem Verhalten auswählen',
  notProfiled: 'Was Sie hier tun, benutzen wir nicht, um Nachrichten für Sie auszuwählen.',
  profilingOn: 'Wieder für mich auswählen',
  profilingStopped: 'Erledigt. Was Sie hier tun, entscheidet nicht mehr darüber, was wir Ihnen schicken.',
  profilingResumed: 'Erledigt. Wir wählen wieder Nachrichten für Sie aus.',
  channels: {
    ...en.channels,
    email: 'E-Mail',
    voice: 'Telefon',
    onsite: 'Auf unserer Website',
    web_push: 'Benachrichtigungen im Browser',
    push: 'Benachrichtigungen der App',
  },
};

const fr: Wording = {
  preferencesTitle: 'Ce que nous vous écrivons',
  legend: 'Envoyez-moi des messages à propos de :',
  save: 'Enregistrer',
  saved: 'C’est enregistré.',
  unsubscribeAll: 'Me désabonner de tout',
  unsubscribeAllHint: 'Vous recevrez encore ce qu’il faut savoir sur vos commandes.',
  unsubscribedAll:
    'C’est fait. Vous ne recevrez plus ces messages. Si c’était une erreur, cochez de nouveau ce que vous voulez.',
  stopTitle: 'Ne plus rien recevoir',
  stopHint: 'Plus aucun message ne sera envoyé à cette adresse, même sur vos commandes.',
  stop: 'Ne plus rien recevoir',
  stopped: 'C’est fait. Cette adresse ne reçoit plus aucun message.',
  stoppedNow: 'Cette adresse ne reçoit plus aucun message. Enregistrer un choix ci-dessous les autorise de nouveau.',
  stoppedForGood:
    'Cette adresse ne reçoit aucun message, et un choix ci-dessous n’y change rien. Écrivez-nous si vous en voulez de nouveau.',
  oneClickDone: 'C’est fait. Vous ne recevrez plus ces messages.',
  confirmTitle: 'Encore une étape',
  confirmQuestion: 'Oui, {brand} peut m’envoyer des messages à propos de : {topic}',
  confirmButton: 'Oui, je m’inscris',
  confirmIgnore: 'Ce n’était pas vous ? Fermez cette page : rien ne vous sera envoyé.',
  confirmed: 'Merci, vous êtes inscrit. Chaque message contient un lien pour changer d’avis.',
  lapsedTitle: 'Ce lien a expiré',
  lapsed:
    'Il n’a pas été utilisé à temps, vous n’êtes pas inscrit. Inscrivez-vous de nouveau pour en recevoir un autre.',
  unknownTitle: 'Ce lien ne fonctionne pas',
  unknown: 'Il a peut-être été coupé. Ouvrez-le de nouveau depuis le message reçu.',
  frequencyTitle: 'À quelle fréquence',
  usual: 'Comme d’habitude',
  lessOftenWeek: 'Moins souvent : {count} par semaine au plus',
  lessOftenDays: 'Moins souvent : {count} en {days} jours au plus',
  pauseTitle: 'Faire une pause',
  pauseHint:
    'Ni nouveautés ni offres pendant 30 jours. La pause prend fin d’elle-même ; vos commandes ne sont pas concernées.',
  pause: 'Pause de 30 jours',
  pausedUntil: 'En pause jusqu’au {date}. Ensuite, les messages reprennent d’eux-mêmes.',
  resume: 'Mettre fin à la pause',
  paused: 'C’est fait. Vous êtes en pause jusqu’au {date}.',
  resumed: 'C’est fait. La pause est terminée.',
  profilingTitle: 'Choisis pour vous',
  profilingHint: 'Nous choisissons certains de ces messages selon ce que vous regardez et achetez ici.',
  profilingOff: 'Ne pas choisir selon mes visites',
  notProfiled: 'Nous n’utilisons pas ce que vous faites ici pour choisir des messages pour vous.',
  profilingOn: 'Choisir de nouveau pour moi',
  profilingStopped: 'C’est fait. Ce que vous faites ici ne décide plus de ce que nous vous envoyons.',
  profilingResumed: 'C’est fait. Nous choisissons de nouveau des messages pour vous.',
  channels: {
    ...en.channels,
    email: 'E-mail',
    voice: 'Téléphone',
    onsite: 'Sur notre site',
    web_push: 'Notifications du navigateur',
    push: 'Notifications de l’application',
  },
};

/** The texts of the hosted pages as records name them. Raise the version with every change of a text that is kept as proof. */
export const PREFERENCES_WORDING = { id: 'segue_preference_page', version: 2 } as const;
export const CONFIRM_WORDING = { id: 'segue_confirmation_page', version: 1 } as const;

/** By language, as in `<html lang>`. */
export const WORDINGS: Readonly<Record<string, Wording>> = { en, de, fr };
