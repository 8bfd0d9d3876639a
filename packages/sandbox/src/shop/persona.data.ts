export const FIRST_NAMES = [
  'Ada',
  'Ben',
  'Clara',
  'David',
  'Elif',
  'Felix',
  'Grace',
  'Hugo',
  'Ines',
  'Jonas',
  'Kira',
  'Leon',
  'Mara',
  'Noah',
  'Olga',
  'Paul',
  'Quinn',
  'Rosa',
  'Sami',
  'Tess',
  'Uma',
  'Victor',
  'Wendy',
  'Yara',
  'Zoe',
  'Anton',
  'Bea',
  'Cyrus',
  'Dina',
  'Emil',
];

export const LAST_NAMES = [
  'Abbott',
  'Baker',
  'Carver',
  'Dyer',
  'Ellis',
  'Fisher',
  'Gardner',
  'Hunter',
  'Ivory',
  'Joiner',
  'Keeler',
  'Lang',
  'Miller',
  'Nash',
  'Olsen',
  'Porter',
  'Quill',
  'Reeve',
  'Sawyer',
  'Turner',
  'Usher',
  'Vane',
  'Weaver',
  'Yates',
  'Archer',
  'Brook',
];

/** Reserved for documentation: no mail can ever reach anyone there. */
export const MAIL_DOMAINS = ['example.com', 'example.net', 'example.org'];

export const PLACES = [
  { city: 'Utrecht', country: 'NL', timezone: 'Europe/Amsterdam', locale: 'en-NL' },
  { city: 'Leipzig', country: 'DE', timezone: 'Europe/Berlin', locale: 'de-DE' },
  { city: 'Porto', country: 'PT', timezone: 'Europe/Lisbon', locale: 'pt-PT' },
  { city: 'Galway', country: 'IE', timezone: 'Europe/Dublin', locale: 'en-IE' },
  { city: 'Lyon', country: 'FR', timezone: 'Europe/Paris', locale: 'fr-FR' },
  { city: 'Graz', country: 'AT', timezone: 'Europe/Vienna', locale: 'de-AT' },
];

export const DEVICES = [
  {
    name: 'laptop',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  },
  {
    name: 'phone',
    userAgent:
      'Mozilla/5.0 (Linux; Android 15; Mobile) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36',
  },
  {
    name: 'tablet',
    userAgent:
      'Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
  },
] as const;
