import type { COUPON_LANGUAGES } from '@segue/contract';

export type CouponLanguage = (typeof COUPON_LANGUAGES)[number];

/** How terms are said in one language. Amounts, instants and lists come in written as the language does. */
export interface CouponWording {
  percent(percent: string): string;
  amount(amounts: string): string;
  freeShipping: string;
  buyGet(wish: { buy: number; get: number; percent: string | undefined }): string;
  atMost(amounts: string): string;
  times(times: number): string;
  gets(products: string): string;
  minimum(amounts: string): string;
  only(products: string): string;
  except(products: string): string;
  excludeSale: string;
  firstOrderOnly: string;
  segments: string;
  recipientOnly: string;
  emailDomains(domains: string): string;
  startsAt(instant: string): string;
  expiresAt(instant: string): string;
  channels(channels: string): string;
  stores(stores: string): string;
  exclusive: string;
  oneOfGroup: string;
  perProfile(times: number): string;
  total(times: number): string;
}

export const COUPON_WORDING: Readonly<Record<CouponLanguage, CouponWording>> = {
  en: {
    percent: (percent) => `${percent} off`,
    amount: (amounts) => `${amounts} off`,
    freeShipping: 'Free shipping',
    buyGet: ({ buy, get, percent }) => `Buy ${buy}, get ${get} ${percent === undefined ? 'free' : `at ${percent} off`}`,
    atMost: (amounts) => `At most ${amounts} off.`,
    times: (times) => `At most ${times} times in one order.`,
    gets: (products) => `Reduced are the cheapest of: ${products}.`,
    minimum: (amounts) => `For goods worth ${amounts} or more.`,
    only: (products) => `Only for: ${products}.`,
    except: (products) => `Not for: ${products}.`,
    excludeSale: 'Not for goods that are reduced already.',
    firstOrderOnly: 'Only for a first order.',
    segments: 'Only for customers who were invited.',
    recipientOnly: 'Personal: only for whom it was given to.',
    emailDomains: (domains) => `Only for email addresses of ${domains}.`,
    startsAt: (instant) => `From ${instant}.`,
    expiresAt: (instant) => `Until ${instant}.`,
    channels: (channels) => `Only here: ${channels}.`,
    stores: (stores) => `Only in these stores: ${stores}.`,
    exclusive: 'Cannot be combined with other coupons.',
    oneOfGroup: 'Of several coupons of its kind the best one counts.',
    perProfile: (times) => (times === 1 ? 'Once for each customer.' : `Up to ${times} times for each customer.`),
    total: () => 'While the offer lasts: the number of redemptions is limited.',
  },
  de: {
    percent: (percent) => `${percent} Rabatt`,
    amount: (amounts) => `${amounts} Rabatt`,
    freeShipping: 'Kostenloser Versand',
    buyGet: ({ buy, get, percent }) =>
      percent === undefined ? `${buy} kaufen, ${get} gratis dazu` : `${buy} kaufen, ${get} mit ${percent} Rabatt dazu`,
    atMost: (amounts) => `Höchstens ${amounts} Rabatt.`,
    times: (times) => `Höchstens ${times}-mal je Bestellung.`,
    gets: (products) => `Ermäßigt sind die günstigsten von: ${products}.`,
    minimum: (amounts) => `Ab einem Warenwert von ${amounts}.`,
    only: (products) => `Nur für: ${products}.`,
    except: (products) => `Nicht für: ${products}.`,
    excludeSale: 'Nicht für bereits reduzierte Ware.',
    firstOrderOnly: 'Nur für die erste Bestellung.',
    segments: 'Nur für eingeladene Kundinnen und Kunden.',
    recipientOnly: 'Persönlich: nur für die Person, die ihn erhalten hat.',
    emailDomains: (domains) => `Nur für E-Mail-Adressen von ${domains}.`,
    startsAt: (instant) => `Ab ${instant}.`,
    expiresAt: (instant) => `Bis ${instant}.`,
    channels: (channels) => `Nur hier: ${channels}.`,
    stores: (stores) => `Nur in diesen Filialen: ${stores}.`,
    exclusive: 'Nicht mit anderen Gutscheinen kombinierbar.',
    oneOfGroup: 'Von mehreren Gutscheinen dieser Art gilt der beste.',
    perProfile: (times) => (times === 1 ? 'Einmal je Person.' : `Bis zu ${times}-mal je Person.`),
    total: () => 'Solange der Vorrat reicht: Die Zahl der Einlösungen ist begrenzt.',
  },
  fr: {
    percent: (percent) => `${percent} de réduction`,
    amount: (amounts) => `${amounts} de réduction`,
    freeShipping: 'Livraison offerte',
    buyGet: ({ buy, get, percent }) =>
      percent === undefined ? `${buy} achetés, ${get} offerts` : `${buy} achetés, ${get} à ${percent} de réduction`,
    atMost: (amounts) => `Réduction de ${amounts} au plus.`,
    times: (times) => `Au plus ${times} fois par commande.`,
    gets: (products) => `La réduction porte sur les moins chers de : ${products}.`,
    minimum: (amounts) => `À partir de ${amounts} d’articles.`,
    only: (products) => `Uniquement pour : ${products}.`,
    except: (products) => `Sauf : ${products}.`,
    excludeSale: 'Hors articles déjà réduits.',
    firstOrderOnly: 'Pour une première commande uniquement.',
    segments: 'Réservé aux clients invités.',
    recipientOnly: 'Personnel : valable pour la personne qui l’a reçu.',
    emailDomains: (domains) => `Pour les adresses e-mail de ${domains} uniquement.`,
    startsAt: (instant) => `À partir du ${instant}.`,
    expiresAt: (instant) => `Jusqu’au ${instant}.`,
    channels: (channels) => `Uniquement ici : ${channels}.`,
    stores: (stores) => `Uniquement dans ces magasins : ${stores}.`,
    exclusive: 'Non cumulable avec d’autres coupons.',
    oneOfGroup: 'De plusieurs coupons du même type, le meilleur s’applique.',
    perProfile: (times) => (times === 1 ? 'Une fois par personne.' : `Jusqu’à ${times} fois par personne.`),
    total: () => 'Dans la limite des utilisations disponibles.',
  },
  es: {
    percent: (percent) => `${percent} de descuento`,
    amount: (amounts) => `${amounts} de descuento`,
    freeShipping: 'Envío gratis',
    buyGet: ({ buy, get, percent }) =>
      percent === undefined
        ? `Compra ${buy} y llévate ${get} gratis`
        : `Compra ${buy} y llévate ${get} con ${percent} de descuento`,
    atMost: (amounts) => `Como máximo ${amounts} de descuento.`,
    times: (times) => `Como máximo ${times} veces por pedido.`,
    gets: (products) => `Se rebajan los más baratos de: ${products}.`,
    minimum: (amounts) => `Para artículos por valor de ${amounts} o más.`,
    only: (products) => `Solo para: ${products}.`,
    except: (products) => `No vale para: ${products}.`,
    excludeSale: 'No vale para artículos ya rebajados.',
    firstOrderOnly: 'Solo para el primer pedido.',
    segments: 'Solo para clientes invitados.',
    recipientOnly: 'Personal: solo para quien lo recibió.',
    emailDomains: (domains) => `Solo para direcciones de correo de ${domains}.`,
    startsAt: (instant) => `Desde el ${instant}.`,
    expiresAt: (instant) => `Hasta el ${instant}.`,
    channels: (channels) => `Solo aquí: ${channels}.`,
    stores: (stores) => `Solo en estas tiendas: ${stores}.`,
    exclusive: 'No se puede combinar con otros cupones.',
    oneOfGroup: 'De varios cupones de este tipo cuenta el mejor.',
    perProfile: (times) => (times === 1 ? 'Una vez por persona.' : `Hasta ${times} veces por persona.`),
    total: () => 'Hasta agotar: el número de usos es limitado.',
  },
};
