-- What a message invites to buy, as its sender named it: [{productId?, variantId?, sku?}, …]. Null: nothing.
alter table message add column products jsonb;
