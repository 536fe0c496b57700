//! Whether a statement means the same in pieces, as the server's own plan for it tells: views are looked through there, and
//! aggregates are known whatever their names.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Obstacle;

/// Steps of a plan that put several rows together. Above the walked table they would see one batch at a time.
const GATHERING: [&str; 7] = [
    "Aggregate",
    "Group",
    "WindowAgg",
    "Unique",
    "Limit",
    "SetOp",
    "Recursive Union",
];

/// Tables by schema and name.
pub(super) type Tables = Vec<(String, String)>;

/// Looks for what would not mean the same in pieces. `walked` are the walked table and all that inherits from it or that it
/// inherits from; `changed` likewise, where that is another one.
pub(super) fn obstacle(plan: &Value, walked: &Tables, changed: &Tables) -> Option<Obstacle> {
    let mut seen = Seen::default();
    look(plan.get("Plan")?, false, &mut seen, walked);
    let again = |(table, scans): &(&(String, String), &u32)| {
        changed.contains(table) || walked.contains(table) && **scans > 1
    };
    if let Some(((_, table), _)) = seen.scans.iter().find(again) {
        return Some(Obstacle::SeesItself(table.clone()));
    }
    seen.gathered.then_some(Obstacle::Gathers)
}

#[derive(Debug, Default)]
struct Seen {
    scans: BTreeMap<(String, String), u32>,
    gathered: bool,
}

/// `gathering` says that a step above puts rows together.
fn look(node: &Value, gathering: bool, seen: &mut Seen, walked: &Tables) {
    let text = |key| node.get(key).and_then(Value::as_str);
    let kind = text("Node Type").unwrap_or_default();
    // A sub-select is planned by itself: what it gathers is its own affair.
    let apart = matches!(text("Parent Relationship"), Some("SubPlan" | "InitPlan"));
    let gathering = !apart && (gathering || GATHERING.contains(&kind));
    if let Some((schema, table)) = text("Schema").zip(text("Relation Name"))
        && kind != "ModifyTable"
    {
        let table = (schema.to_owned(), table.to_owned());
        seen.gathered |= gathering && walked.contains(&table);
        *seen.scans.entry(table).or_default() += 1;
    }
    let below = node.get("Plans").and_then(Value::as_array);
    for plan in below.into_iter().flatten() {
        look(plan, gathering, seen, walked);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scan(table: &str) -> Value {
        json!({"Node Type": "Seq Scan", "Schema": "public", "Relation Name": table, "Parent Relationship": "Outer"})
    }

    fn tables(names: &[&str]) -> Tables {
        names
            .iter()
            .map(|name| ("public".to_owned(), (*name).to_owned()))
            .collect()
    }

    fn judged(plan: Value) -> Option<Obstacle> {
        let top = json!({"Plan": {"Node Type": "ModifyTable", "Schema": "public", "Relation Name": "t", "Plans": [plan]}});
        obstacle(&top, &tables(&["t", "t_1", "t_2"]), &tables(&["u"]))
    }

    #[test]
    fn each_table_may_be_read_once() {
        assert_eq!(judged(scan("t")), None);
        assert_eq!(
            judged(json!({"Node Type": "Append", "Plans": [scan("t_1"), scan("t_2")]})),
            None
        );
        let twice =
            judged(json!({"Node Type": "Nested Loop", "Plans": [scan("t_1"), scan("t_1")]}));
        assert_eq!(twice, Some(Obstacle::SeesItself("t_1".to_owned())));
        let target = judged(json!({"Node Type": "Nested Loop", "Plans": [scan("t"), scan("u")]}));
        assert_eq!(target, Some(Obstacle::SeesItself("u".to_owned())));
    }

    #[test]
    fn nothing_above_the_walked_table_gathers_rows() {
        assert_eq!(
            judged(json!({"Node Type": "Aggregate", "Plans": [scan("t")]})),
            Some(Obstacle::Gathers)
        );
        let sort = json!({"Node Type": "Sort", "Plans": [scan("t")]});
        assert_eq!(
            judged(json!({"Node Type": "WindowAgg", "Plans": [sort]})),
            Some(Obstacle::Gathers)
        );
        let other = json!({"Node Type": "Aggregate", "Plans": [scan("other")]});
        assert_eq!(
            judged(json!({"Node Type": "Hash Join", "Plans": [scan("t"), other]})),
            None
        );
        let mut sub = json!({"Node Type": "Aggregate", "Plans": [scan("other")]});
        sub["Parent Relationship"] = "SubPlan".into();
        let mut t = scan("t");
        t["Plans"] = json!([sub]);
        assert_eq!(judged(t), None);
    }
}
