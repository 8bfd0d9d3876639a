-- Sessions computed from what happened, exact whatever came late: see `sessions/visits.ts` for what a session is. Whoever
-- reads the sessions of one workspace or of some nodes puts that in place of the word "narrow", so that no more is read.
create view if not exists history_sessions as
select workspace_id, profile_id,
  substring(lower(hex(SHA256(concat('session\n', toString(workspace_id), '\n', anyIf(message_id, is_opening))))), 1, 32) as session_id,
  minIf(occurred_ms, is_behaviour) as started_ms,
  maxIf(occurred_ms, is_behaviour) as ended_ms,
  countIf(is_behaviour) as events,
  anyIf(page, is_opening) as entry_page,
  argMaxIf(page, (occurred_ms, message_id), is_behaviour and page != '') as exit_page,
  anyIf(campaign_key, is_opening) != '' as has_campaign,
  anyIf(utm_source, is_opening) as source,
  anyIf(utm_medium, is_opening) as medium,
  anyIf(utm_campaign, is_opening) as campaign,
  anyIf(utm_term, is_opening) as term,
  anyIf(utm_content, is_opening) as content,
  anyIf(click.1, is_opening) as click_id_type,
  anyIf(click.2, is_opening) as click_id,
  if(has_campaign, anyIf(referrer_host, is_opening),
    argMinIf(referrer_host, (occurred_ms, message_id), is_behaviour and referrer_host != '')) as referrer,
  anyIf(user_agent, is_opening) as user_agent,
  anyIf(os_name, is_opening) as os_name,
  anyIf(country, is_opening) as country,
  anyIf(region, is_opening) as region,
  countIf(is_counted_order) as orders,
  sumMapIf(map(currency, amount), is_counted_order) as revenue
from (
  select *,
    sum(is_opening) over (partition by workspace_id, profile_id order by occurred_ms, rank, campaign_key, message_id
      rows between unbounded preceding and current row) as session_no
  from (
    select *,
      is_behaviour and (is_start or (campaign_key != '' and row_number() over (
        partition by workspace_id, profile_id, visit_no, is_behaviour, campaign_key order by occurred_ms, message_id) = 1)) as is_opening,
      is_order and (is_behaviour or ifNull(minute - last_minute <= 30, 0)) and row_number() over (
        partition by workspace_id, profile_id, is_order, order_key order by occurred_ms, message_id) = 1 as is_counted_order
    from (
      select *,
        sum(is_start) over (partition by workspace_id, profile_id order by occurred_ms, rank, campaign_key, message_id
          rows between unbounded preceding and current row) as visit_no
      from (
        select *,
          max(if(is_behaviour, minute, null)) over (partition by workspace_id, profile_id
            order by occurred_ms, rank, campaign_key, message_id rows between unbounded preceding and 1 preceding) as last_minute,
          is_behaviour and (last_minute is null or minute - last_minute > 30) as is_start
        from (
          select workspace_id, profile_id, message_id, occurred_ms, intDiv(occurred_ms, 60000) as minute, is_behaviour, is_order, page,
            referrer_host, click, labels, campaign_key, user_agent, os_name, country, region, order_key, currency, amount,
            labels[1] as utm_source, labels[2] as utm_medium, labels[3] as utm_campaign, labels[4] as utm_term, labels[5] as utm_content,
            multiIf(campaign_key != '', 0, is_behaviour, 1, 2) as rank
          from (
            select *, if(not is_behaviour, '', if(arrayExists(l -> l != '', labels), arrayStringConcat(labels, '\x1f'),
                if(click.2 = '', '', concat(click.1, ':', click.2)))) as campaign_key,
              if(from_host = '' or own_host = '' or sites[1] = sites[2] or arrayExists(h -> from_host = h or endsWith(from_host, concat('.', h)), [
                'paypal.com', 'stripe.com', 'klarna.com', 'adyen.com', 'mollie.com', 'checkout.com', 'afterpay.com', 'clearpay.co.uk', 'affirm.com',
                'sofort.com', 'braintreegateway.com', 'worldpay.com', 'cardinalcommerce.com', 'pay.google.com', 'payments.amazon.com',
                'pay.amazon.com', 'shop.app']), '', from_host) as referrer_host
            from (
              select *, if(arrayExists(l -> l != '', labels_of[1]), labels_of[1], labels_of[2]) as labels,
                arrayMap(host -> arrayStringConcat(arraySlice(host, greatest(1, length(host) + 1 - if(
                  length(host) > 2 and host[-2] in ('co', 'com', 'org', 'net', 'ac', 'gov', 'edu') and length(host[-1]) = 2, 3, 2))), '.'),
                  [splitByChar('.', from_host), splitByChar('.', own_host)]) as sites
              from (
                select *,
                  arrayMap(texts -> arrayMap((said, i) -> if(position(said, '@') > 0, '', substringUTF8(replaceRegexpAll(
                    if(i <= 2, lowerUTF8(said), said), '^\\s+|\\s+$', ''), 1, 80)), texts, [1, 2, 3, 4, 5]), [said_labels, [
                    decodeURLFormComponent(extract(query, '[?&]utm_source=([^&#]*)')),
                    decodeURLFormComponent(extract(query, '[?&]utm_medium=([^&#]*)')),
                    decodeURLFormComponent(extract(query, '[?&]utm_campaign=([^&#]*)')),
                    decodeURLFormComponent(extract(query, '[?&]utm_term=([^&#]*)')),
                    decodeURLFormComponent(extract(query, '[?&]utm_content=([^&#]*)'))]]) as labels_of,
                  arrayFirst(c -> c.2 != '' and lengthUTF8(c.2) <= 200 and position(c.2, '@') = 0, arraySort(c -> c.3,
                    arrayMap(g -> (g[1], decodeURLFormComponent(g[2]), indexOf(
                      ['gclid', 'gbraid', 'wbraid', 'dclid', 'msclkid', 'ttclid', 'li_fat_id', 'twclid', 'ScCid', 'sccid', 'epik', 'rdt_cid', 'irclickid', 'fbclid'], g[1])),
                      extractAllGroupsVertical(query, '[?&](gclid|gbraid|wbraid|dclid|msclkid|ttclid|li_fat_id|twclid|ScCid|sccid|epik|rdt_cid|irclickid|fbclid)=([^&#]*)')))) as click
                from (
                  select *, if(position(landing, '@') > 0, '', substringUTF8(landing, 1, 160)) as page
                  from (
                    select *, multiIf(plain_url != '', plain_url, plain_path != '', plain_path, type = 'screen', name, '') as landing
                    from (
                      select *,
                        if(search != '', search, if(position(url, '?') > 0, substring(url, position(url, '?')), '')) as query,
                        replaceRegexpOne(url, '(?s)[?#].*$', '') as plain_url,
                        replaceRegexpOne(path, '(?s)[?#].*$', '') as plain_path,
                        replaceRegexpOne(lower(extract(referrer_url, '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#:@]+)')), '^www\\.', '') as from_host,
                        replaceRegexpOne(lower(extract(url, '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#:@]+)')), '^www\\.', '') as own_host
                      from (
                        select workspace_id, node, message_id, type, name, occurred_ms, is_behaviour, is_order,
                          if(said.context.page.url = '' and type = 'page', said.properties.url, said.context.page.url) as url,
                          if(said.context.page.path = '' and type = 'page', said.properties.path, said.context.page.path) as path,
                          if(said.context.page.search = '' and type = 'page', said.properties.search, said.context.page.search) as search,
                          if(said.context.page.referrer = '' and type = 'page', said.properties.referrer, said.context.page.referrer) as referrer_url,
                          [said.context.campaign.source, said.context.campaign.medium, said.context.campaign.name,
                            said.context.campaign.term, said.context.campaign.content] as said_labels,
                          said.context.userAgent as user_agent, said.context.os.name as os_name,
                          said.context.location.country as country, said.context.location.region as region,
                          if(said.properties.order_id = '', message_id, said.properties.order_id) as order_key,
                          upper(said.properties.currency) as currency,
                          toFloat64(coalesce(said.properties.revenue, said.properties.total, said.properties.value, 0)) as amount
                        from (
                          select workspace_id, node, message_id, type, name, occurred_ms,
                            JSONExtract(payload, 'Tuple(context Tuple(page Tuple(url String, path String, search String, referrer String), campaign Tuple(source String, medium String, name String, term String, content String), location Tuple(country String, region String), os Tuple(name String), userAgent String), properties Tuple(url String, path String, search String, referrer String, order_id String, currency String, revenue Nullable(Float64), total Nullable(Float64), value Nullable(Float64)))') as said,
                            type in ('page', 'screen') or JSONType(payload, 'context', 'page') = 'Object' or JSONType(payload, 'context', 'screen') = 'Object' as is_behaviour,
                            type = 'track' and name = 'Order Completed' as is_order
                          from history_events
                          where type in ('track', 'page', 'screen') and (is_behaviour or is_order)
                            and not (position(payload, '"test":true') > 0 and JSONExtractRaw(payload, 'context', 'test') = 'true') /* narrow */
                        )
                      )
                    )
                  )
                )
              )
            )
          ) as said_events
          inner join (select workspace_id, node, profile_id from history_nodes where true /* narrow */) as nodes using (workspace_id, node)
        )
      )
    )
  )
)
where session_no > 0
group by workspace_id, profile_id, session_no;
