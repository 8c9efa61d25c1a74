//! The table as a thing of its own: large enough, no row twice, each with a clause.

use std::collections::{HashMap, HashSet};

use super::table::all;

#[test]
fn the_table_has_more_than_400_rows_and_no_two_of_the_same_bytes() {
    let table = all();
    assert!(table.len() >= 400, "{} rows", table.len());
    let mut names = HashMap::new();
    let mut twice = Vec::new();
    for vector in &table {
        let name = format!("{}, {}", vector.clause, vector.name);
        if let Some(other) = names.insert(&vector.bytes, name.clone()) {
            twice.push(format!("{other} is {name}"));
        }
    }
    assert!(twice.is_empty(), "the same bytes:\n{}", twice.join("\n"));
}

#[test]
fn every_row_names_its_clause_and_no_two_of_a_clause_have_the_same_name() {
    let mut seen = HashSet::new();
    let mut twice = Vec::new();
    for vector in all() {
        let numbers = vector.clause.rsplit_once('#');
        let rule = numbers.map(|(_, rule)| rule.parse::<u8>());
        assert!(matches!(rule, Some(Ok(1..=67))), "{}", vector.clause);
        let name = format!("{}, {}", vector.clause, vector.name);
        if !seen.insert(name.clone()) {
            twice.push(name);
        }
    }
    assert!(twice.is_empty(), "the same name:\n{}", twice.join("\n"));
}

#[test]
fn every_rule_that_a_client_can_break_on_the_wire_has_a_row() {
    let table = all();
    let rules = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
        27, 28, 29, 30, 32, 33, 34, 36, 37, 38, 39, 44, 45, 46, 52,
    ];
    for rule in rules {
        let ends = format!("#{rule}");
        let has_one = table
            .iter()
            .any(|vector| vector.clause.ends_with(&ends));
        assert!(has_one, "no row for rule {rule}");
    }
}
