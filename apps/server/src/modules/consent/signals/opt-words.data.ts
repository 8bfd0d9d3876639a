/** What a word asks for. */
export type OptAction = 'stop' | 'start' | 'help';

/** Words of one language. They are compared without case, accents, punctuation and emoji, and as the whole message. */
export interface OptWords {
  /** Plain enough to hold in any conversation. */
  readonly stop: readonly string[];
  readonly start: readonly string[];
  /** On SMS only: in a chat they are said to a bot or an agent about something else. */
  readonly smsStop?: readonly string[];
  readonly help?: readonly string[];
}

/**
 * English words that carriers demand on SMS whatever the language: CTIA Messaging Principles and Best Practices; FCC 47 CFR
 * 64.1200(a)(10), in force since April 2025, which names stop, quit, end, revoke, opt out, cancel and unsubscribe.
 */
const ENGLISH: OptWords = {
  stop: [
    'stop',
    'stopall',
    'stop all',
    'unsubscribe',
    'unsubscribe me',
    'optout',
    'opt out',
    'opt me out',
    'stop messages',
    'stop messaging',
    'stop messaging me',
    'stop texting',
    'stop texting me',
    'stop texts',
    'stop sms',
    'remove me',
  ],
  smsStop: ['cancel', 'end', 'quit', 'revoke', 'remove', 'stop it', 'stop this'],
  start: ['start', 'unstop', 'resubscribe', 'opt in', 'optin'],
  help: ['help', 'info'],
};

/** A yes resumes on SMS what was stopped before; from anybody else it is an answer to some question. */
export const ENGLISH_ANSWERS: readonly string[] = ['yes'];

/**
 * By ISO 639-1. Where the language is not known every table is looked in: no word may stand here that is an everyday answer in
 * another language once its accents are gone (Italian "fine", Finnish "seis", Vietnamese "dừng").
 */
export const OPT_WORDS: Readonly<Record<string, OptWords>> = {
  en: ENGLISH,
  ar: {
    stop: ['توقف', 'إيقاف', 'أوقف', 'إيقاف الرسائل', 'أوقفوا الرسائل', 'إلغاء الاشتراك', 'ألغ الاشتراك', 'ستوب'],
    smsStop: ['قف', 'إلغاء'],
    start: ['ابدأ', 'اشتراك', 'اشترك'],
    help: ['مساعدة'],
  },
  bg: { stop: ['стоп', 'отписване'], start: ['старт'], help: ['помощ'] },
  ca: { stop: ['atura', 'baixa'], start: ['inicia', 'alta'], help: ['ajuda'] },
  cs: { stop: ['odhlasit', 'zrusit odber'], smsStop: ['konec', 'zrusit'], start: ['prihlasit'], help: ['pomoc'] },
  da: {
    stop: ['stop', 'afmeld', 'frameld'],
    smsStop: ['slut'],
    start: ['tilmeld', 'start'],
    help: ['hjaelp', 'hjælp'],
  },
  de: {
    stop: ['stopp', 'abmelden', 'abbestellen', 'austragen', 'keine werbung', 'keine nachrichten mehr', 'abmeldung'],
    smsStop: ['ende', 'beenden', 'kuendigen', 'kündigen', 'schluss'],
    start: ['anmelden', 'wieder anmelden', 'weiter'],
    help: ['hilfe'],
  },
  el: { stop: ['στοπ', 'διαγραφη', 'διακοπη'], start: ['εναρξη', 'εγγραφη'], help: ['βοηθεια'] },
  es: {
    stop: ['baja', 'dar de baja', 'darme de baja', 'cancelar suscripcion', 'no mas mensajes'],
    smsStop: ['alto', 'parar', 'cancelar', 'fin', 'salir'],
    start: ['alta', 'iniciar', 'comenzar', 'inicio'],
    help: ['ayuda'],
  },
  et: { stop: ['stopp', 'loobu'], smsStop: ['lopeta'], start: ['alusta'], help: ['abi'] },
  fi: {
    stop: ['lopeta', 'peru tilaus'],
    smsStop: ['loppu'],
    start: ['aloita', 'tilaa'],
    help: ['apua', 'ohje'],
  },
  fr: {
    stop: [
      'arret',
      'arreter',
      'desabonner',
      'desabonnement',
      'me desabonner',
      'desinscription',
      'stop sms',
      'stop pub',
    ],
    smsStop: ['fin', 'annuler', 'quitter'],
    start: ['reprendre', 'debut', 'commencer', 'reabonner', 'inscription'],
    help: ['aide'],
  },
  he: { stop: ['הסר', 'עצור', 'הסרה'], start: ['התחל', 'הצטרף'], help: ['עזרה'] },
  hr: { stop: ['odjava'], smsStop: ['kraj'], start: ['prijava'], help: ['pomoc'] },
  hu: {
    stop: ['leiratkozas', 'leiratkozom'],
    smsStop: ['vege', 'leallit'],
    start: ['feliratkozas'],
    help: ['segitseg', 'sugo'],
  },
  id: {
    stop: ['berhenti', 'berhenti langganan'],
    smsStop: ['batal'],
    start: ['mulai', 'langganan'],
    help: ['bantuan'],
  },
  it: {
    stop: ['cancellami', 'disiscrivimi', 'disiscrizione', 'annulla iscrizione', 'basta messaggi'],
    smsStop: ['ferma', 'annulla', 'basta'],
    start: ['inizia', 'iscrivimi', 'riprendi'],
    help: ['aiuto'],
  },
  ja: { stop: ['停止', '配信停止', '解除'], start: ['再開', '登録'], help: ['ヘルプ'] },
  ko: { stop: ['수신거부', '중지', '정지'], start: ['수신동의', '시작'], help: ['도움말'] },
  lt: { stop: ['atsisakau', 'atsisakyti'], smsStop: ['baigti'], start: ['pradeti'], help: ['pagalba'] },
  lv: { stop: ['atteikties'], smsStop: ['beigt'], start: ['sakt'], help: ['palidziba'] },
  nl: {
    stop: ['afmelden', 'uitschrijven', 'stoppen', 'meld me af', 'geen berichten meer'],
    smsStop: ['einde', 'annuleer', 'annuleren'],
    start: ['aanmelden', 'hervatten', 'starten'],
    help: ['hulp'],
  },
  no: { stop: ['stopp', 'avmeld', 'meld av'], smsStop: ['slutt'], start: ['pamelding', 'meld pa'], help: ['hjelp'] },
  pl: {
    stop: ['wypisz', 'wypisz mnie', 'rezygnuje', 'rezygnacja', 'anuluj subskrypcje'],
    smsStop: ['koniec', 'anuluj', 'zakoncz'],
    start: ['zapisz', 'wznow', 'zapisz mnie'],
    help: ['pomoc'],
  },
  pt: {
    stop: ['sair da lista', 'descadastrar', 'cancelar inscricao', 'nao quero mais receber'],
    smsStop: ['remover', 'parar', 'pare', 'sair', 'cancelar', 'fim'],
    start: ['iniciar', 'comecar', 'voltar', 'retomar'],
    help: ['ajuda'],
  },
  ro: {
    stop: ['dezabonare', 'dezabonez', 'opreste'],
    smsStop: ['oprire', 'anulare'],
    start: ['abonare', 'incepe'],
    help: ['ajutor'],
  },
  ru: {
    stop: ['стоп', 'отписаться', 'отписка', 'отпишите меня'],
    smsStop: ['отмена'],
    start: ['старт', 'подписаться'],
    help: ['помощь'],
  },
  sk: { stop: ['odhlasit'], smsStop: ['koniec', 'zrusit'], start: ['prihlasit'], help: ['pomoc'] },
  sl: { stop: ['odjava'], smsStop: ['konec'], start: ['prijava'], help: ['pomoc'] },
  sv: {
    stop: ['stopp', 'avregistrera', 'avprenumerera'],
    smsStop: ['slut', 'avsluta'],
    start: ['starta', 'prenumerera'],
    help: ['hjalp'],
  },
  tr: {
    stop: ['durdur', 'abonelikten cik'],
    smsStop: ['iptal', 'ret', 'dur', 'cik'],
    start: ['basla', 'abone ol'],
    help: ['yardim'],
  },
  uk: { stop: ['стоп', 'відписатися'], smsStop: ['скасувати'], start: ['старт', 'підписатися'], help: ['допомога'] },
  vi: {
    stop: ['huy dang ky', 'ngung nhan tin', 'dung nhan tin'],
    smsStop: ['huy'],
    start: ['bat dau', 'dang ky'],
    help: ['tro giup'],
  },
  zh: {
    stop: ['退订', '停止', '退訂', '取消订阅', '取消訂閱'],
    smsStop: ['td'],
    start: ['开始', '订阅', '開始', '訂閱'],
    help: ['帮助', '幫助'],
  },
};

/** Politeness before or after a word takes nothing from it. */
export const COURTESIES: readonly string[] = [
  'please',
  'pls',
  'plz',
  'thanks',
  'thank you',
  'thx',
  'now',
  'bitte',
  'danke',
  'merci',
  'svp',
  's il vous plait',
  'por favor',
  'gracias',
  'per favore',
  'grazie',
  'alstublieft',
  'aub',
  'bedankt',
  'obrigado',
  'obrigada',
  'prosze',
  'dziekuje',
  'tack',
  'takk',
  'tak',
  'من فضلك',
  'لو سمحت',
  'شكرا',
];
