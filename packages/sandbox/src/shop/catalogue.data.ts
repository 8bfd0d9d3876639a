/** The demo shop sells household goods that exist nowhere else. */
export const SHOP_NAME = 'Pebble Street Goods';
export const CURRENCY = 'EUR';

export const CATEGORIES = ['Kitchen', 'Table', 'Bedroom', 'Bath', 'Garden', 'Desk', 'Light'] as const;
export type Category = (typeof CATEGORIES)[number];

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly category: Category;
  readonly variant: string;
  readonly priceMinor: number;
}

const shelf: Readonly<Record<Category, readonly (readonly [name: string, variant: string, priceMinor: number])[]>> = {
  Kitchen: [
    ['Tidewater mixing bowl', 'Seafoam, 3 l', 3450],
    ['Alderwick chopping board', 'Oiled alder', 4200],
    ['Copperleaf milk pan', '1.2 l', 5900],
    ['Hush lid pot', 'Cream, 4 l', 8900],
    ['Nettle whisk', 'Steel', 1450],
    ['Larder jar trio', 'Clear glass', 2800],
  ],
  Table: [
    ['Morning mist mug', 'Pale grey', 1650],
    ['Lowland dinner plate', 'Oat', 2250],
    ['Quarry serving platter', 'Slate', 4800],
    ['Thimble egg cup pair', 'White', 1200],
    ['Riverbed tumbler set', 'Smoke, set of 4', 3600],
    ['Long supper runner', 'Rust linen', 3900],
  ],
  Bedroom: [
    ['Harbour linen throw', 'Indigo', 7900],
    ['Driftdown pillow', 'Medium', 5400],
    ['Still Water duvet cover', 'Double', 11900],
    ['Moonmoth eye mask', 'Silk', 2400],
    ['Feather grass rug', '80 × 150 cm', 12900],
    ['Bedside catch-all', 'Walnut', 3200],
  ],
  Bath: [
    ['Fog bath towel', 'Large, sand', 3400],
    ['Pumice soap rest', 'Grey stone', 1350],
    ['Rainmaker bath mat', 'Moss', 2900],
    ['Clover hand wash', '300 ml', 1250],
    ['Tall reed laundry basket', 'Natural', 6400],
    ['Mirrorlake shaving mirror', 'Brass', 5200],
  ],
  Garden: [
    ['Sparrow watering can', 'Sage, 5 l', 3900],
    ['Hedgerow hand trowel', 'Ash handle', 1900],
    ['Potting day apron', 'Canvas', 3300],
    ['Terrace herb planter', 'Terracotta', 4500],
    ['Evening bench cushion', 'Fern', 3700],
  ],
  Desk: [
    ['Field day notebook', 'Dotted, A5', 1550],
    ['Inkwell pen rest', 'Slate', 1800],
    ['Paper barn letter tray', 'Oak', 4300],
    ['Quiet hours desk clock', 'White', 4900],
    ['Thread cable keeper', 'Felt, set of 3', 1100],
  ],
  Light: [
    ['Lantern Lane table lamp', 'Opal', 8400],
    ['Ember reading lamp', 'Terracotta', 9600],
    ['Small hours night light', 'Warm white', 2600],
    ['Wick and Wander candle', 'Fig leaf', 2200],
    ['Cloudbase ceiling shade', 'Linen, 45 cm', 7200],
    ['Firefly string light', '10 m', 2950],
  ],
};

export const PRODUCTS: readonly Product[] = CATEGORIES.flatMap((category, shelfIndex) =>
  shelf[category].map(([name, variant, priceMinor], index) => ({
    id: `PSG-${shelfIndex + 1}${String(index + 1).padStart(2, '0')}`,
    name,
    category,
    variant,
    priceMinor,
  })),
);
