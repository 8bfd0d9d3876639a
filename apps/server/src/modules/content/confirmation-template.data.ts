import type { EmailContent } from '@segue/contract';

interface ConfirmationText {
  readonly name: string;
  readonly subject: string;
  readonly preheader: string;
  readonly title: string;
  readonly line: string;
  readonly button: string;
  readonly ignore: string;
}

const TEXTS: Readonly<Record<string, ConfirmationText>> = {
  en: {
    name: 'Confirm a sign-up',
    subject: 'Please confirm: {{ topic_name }}',
    preheader: 'One tap and you are signed up.',
    title: 'One more step',
    line: 'Somebody, probably you, signed this address up for “{{ topic_name }}” from {{ brand.name }}. Is that right?',
    button: 'Yes, sign me up',
    ignore: 'It was not you? Then do nothing: without your yes we send you none of it.',
  },
  de: {
    name: 'Anmeldung bestätigen',
    subject: 'Bitte bestätigen: {{ topic_name }}',
    preheader: 'Ein Klick, und Sie sind angemeldet.',
    title: 'Nur noch ein Schritt',
    line: 'Jemand, vermutlich Sie, hat diese Adresse für „{{ topic_name }}“ von {{ brand.name }} angemeldet. Stimmt das?',
    button: 'Ja, anmelden',
    ignore: 'Das waren nicht Sie? Dann tun Sie nichts: Ohne Ihr Ja schicken wir Ihnen nichts davon.',
  },
  fr: {
    name: 'Confirmer une inscription',
    subject: 'Merci de confirmer : {{ topic_name }}',
    preheader: 'Un geste et vous êtes inscrit.',
    title: 'Encore une étape',
    line: 'Quelqu’un, sans doute vous, a inscrit cette adresse à « {{ topic_name }} » de {{ brand.name }}. Est-ce exact ?',
    button: 'Oui, je m’inscris',
    ignore: 'Ce n’était pas vous ? Ne faites rien : sans votre accord, nous n’en enverrons rien.',
  },
};

/** The mail that asks for a confirmation, until the marketer changes it. It asks for nothing else: no offer, no picture. */
export function confirmationContent(language: string): { name: string; content: EmailContent } {
  const known = Object.hasOwn(TEXTS, language) ? language : 'en';
  const text = TEXTS[known]!;
  const mjml = `<mjml lang="${known}">
  <mj-head>
    <mj-title>${text.title}</mj-title>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text color="#1c1b19" font-size="16px" line-height="24px" padding="0 32px 16px" />
    </mj-attributes>
    <mj-style>
      :root { color-scheme: light dark; supported-color-schemes: light dark; }
      @media (prefers-color-scheme: dark) {
        .page, .page > div { background: #161513 !important; }
        .sheet, .sheet > table { background: #21201d !important; }
        .ink div { color: #f3f1ec !important; }
        .quiet div { color: #b8b4ab !important; }
      }
    </mj-style>
  </mj-head>
  <mj-body background-color="#f4f2ed" css-class="page">
    <mj-section padding="32px 0 0" />
    <mj-section background-color="#ffffff" border-radius="14px" padding="32px 0 16px" css-class="sheet">
      <mj-column>
        <mj-text font-size="14px" font-weight="600" css-class="ink">{{ brand.name }}</mj-text>
        <mj-text font-size="26px" line-height="32px" font-weight="600" css-class="ink"><h1 style="margin:0;font-size:26px;line-height:32px">${text.title}</h1></mj-text>
        <mj-text css-class="ink">${text.line}</mj-text>
        <mj-button href="{{ confirm_url }}" align="left" background-color="#2f5d8c" color="#ffffff" font-size="16px" font-weight="600" border-radius="9px" inner-padding="14px 24px" padding="8px 32px 24px">${text.button}</mj-button>
        <mj-text font-size="14px" line-height="21px" color="#5c5a55" css-class="quiet">${text.ignore}</mj-text>
      </mj-column>
    </mj-section>
    <mj-section padding="16px 0 32px">
      <mj-column>
        <mj-text font-size="13px" line-height="20px" color="#5c5a55" css-class="quiet">{{ brand.name }}{% if brand.postalAddress %} · {{ brand.postalAddress }}{% endif %}</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>`;
  return { name: text.name, content: { subject: text.subject, mjml, preheader: text.preheader } };
}
