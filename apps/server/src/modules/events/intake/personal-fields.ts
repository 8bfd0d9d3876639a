/** Whom or what the fields of an object describe: a bare `name` is personal only where it is a person's. */
export type Place = 'person' | 'thing' | 'device';

interface FieldRule {
  readonly personalIn: Readonly<Record<Place, boolean>>;
  /** What the fields below describe; undefined: the same as here. */
  readonly below: Place | undefined;
}

/** Field names, without case, spaces, dashes, dots and underscores, whose values say who somebody is, wherever they stand. */
const PERSONAL = new Set([
  'email',
  'emails',
  'emailaddress',
  'emailaddresses',
  'phone',
  'phones',
  'phonenumber',
  'phonenumbers',
  'mobile',
  'mobilephone',
  'mobilenumber',
  'telephone',
  'firstname',
  'lastname',
  'fullname',
  'middlename',
  'surname',
  'username',
  'streetaddress',
  'address1',
  'address2',
  'addressline1',
  'addressline2',
  'birthday',
  'birthdate',
  'dateofbirth',
  'dob',
  'ip',
  'ips',
  'ipaddress',
  'passport',
  'taxid',
  'vatnumber',
  'latitude',
  'longitude',
  'advertisingid',
  'idfa',
  'recipient',
  'recipients',
  'whatsapp',
  'waid',
  'userid',
  'anonymousid',
  'previousid',
  'loyaltyid',
  'externalid',
  'externalids',
]);

/** Also as the last word or two of a longer name: `customer_email`, `contactPhoneNumber`. */
const PERSONAL_ENDINGS = new Set([
  'email',
  'emails',
  'emailaddress',
  'phone',
  'phones',
  'phonenumber',
  'telephone',
  'mobilenumber',
  'firstname',
  'lastname',
  'fullname',
  'middlename',
  'surname',
  'streetaddress',
  'ipaddress',
  'birthday',
  'birthdate',
  'whatsapp',
]);

/** Elsewhere they are a product's, a page's, a store's. */
const PERSONAL_OF_PERSONS = new Set([
  'name',
  'names',
  'address',
  'addresses',
  'street',
  'avatar',
  'postcode',
  'postalcode',
  'zip',
  'zipcode',
]);
const PERSONAL_OF_DEVICES = new Set(['id', 'token']);

/** First words of names whose rest, or whose inside, is about a person: `shipping_address`, `customer: { name }`. */
const PERSONS = new Set([
  'customer',
  'user',
  'person',
  'contact',
  'recipient',
  'sender',
  'buyer',
  'shopper',
  'guest',
  'billing',
  'shipping',
  'delivery',
  'invoice',
  'home',
  'postal',
  'mailing',
]);
const THINGS = new Set([
  'company',
  'organization',
  'organisation',
  'employer',
  'product',
  'products',
  'item',
  'items',
  'store',
  'shop',
  'brand',
  'plan',
  'campaign',
  'page',
  'app',
  'os',
  'library',
]);

/** The words above by what they mean, as the manual lists them. */
export const SEALED_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  'Wherever they stand': PERSONAL,
  'Also as the end of a longer name': PERSONAL_ENDINGS,
  'Of a person': PERSONAL_OF_PERSONS,
  'Of a device': PERSONAL_OF_DEVICES,
  'Words that say that something is about a person': PERSONS,
};

const rules = new Map<string, FieldRule>();
const RULES_MAX = 20_000;
/** Longer names are worked out anew each time, so that hostile ones cannot fill the memory. */
const REMEMBERED_LENGTH_MAX = 64;

/** What the name of a field says about its value. */
export function ruleOfField(field: string): FieldRule {
  const known = rules.get(field);
  if (known !== undefined) return known;
  const rule = judge(field.slice(0, 2 * REMEMBERED_LENGTH_MAX));
  if (field.length <= REMEMBERED_LENGTH_MAX) {
    if (rules.size >= RULES_MAX) rules.clear();
    rules.set(field, rule);
  }
  return rule;
}

function judge(field: string): FieldRule {
  const words = field
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[\s_.-]+/)
    .filter((word) => word !== '');
  const [first = '', ...rest] = words;
  const plain = words.join('');
  const anywhere =
    PERSONAL.has(plain) || PERSONAL_ENDINGS.has(words.at(-1) ?? '') || PERSONAL_ENDINGS.has(words.slice(-2).join(''));
  const somebodys = anywhere || (PERSONS.has(first) && PERSONAL_OF_PERSONS.has(rest.join('')));
  return {
    personalIn: {
      person: somebodys || PERSONAL_OF_PERSONS.has(plain),
      thing: somebodys,
      device: somebodys || PERSONAL_OF_DEVICES.has(plain),
    },
    below: placeBelow(plain, first),
  };
}

function placeBelow(plain: string, first: string): Place | undefined {
  if (plain === 'device') return 'device';
  if (THINGS.has(plain)) return 'thing';
  return PERSONS.has(first) ? 'person' : undefined;
}
