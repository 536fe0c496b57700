create function fill() returns void language plpgsql as $$
begin
  for i in 1..500 loop
    execute format('create table t%s (id bigint generated always as identity primary key, %s, constraint k%s check (c1 <> ''''))', i,
      (select string_agg(format('c%s %s', k, (array['text not null default ''x''','integer','timestamptz default now()','numeric(10,2)','jsonb'])[1 + (k+4) % 5]), ', ') from generate_series(1, 19) k), i);
    execute format('create index on t%s (c1, c2)', i);
    execute format('create index on t%s (c3)', i);
    if i > 1 then execute format('alter table t%s add c_ref bigint references t%s (id)', i, i - 1); end if;
    execute format('alter table t%s enable row level security', i);
    execute format('create policy p on t%s using (c1 = current_user)', i);
    execute format('create function f%s(a integer, b text) returns text language sql stable as ''select $2 || $1''', i);
    execute format('comment on table t%s is ''table %s''', i, i);
    execute format('grant select on t%s to public', i);
  end loop;
end $$;
select fill();
drop function fill();
