//! The table as a thing of its own: large enough, no row twice, each with a clause.

use std::collections::{HashMap, HashSet};

use super::rules::RULES;
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
        let is_one = |rule: u8| {
            RULES
                .iter()
                .any(|(number, _)| *number == rule)
        };
        assert!(
            matches!(rule, Some(Ok(rule)) if is_one(rule)),
            "{}",
            vector.clause
        );
        let name = format!("{}, {}", vector.clause, vector.name);
        if !seen.insert(name.clone()) {
            twice.push(name);
        }
    }
    assert!(twice.is_empty(), "the same name:\n{}", twice.join("\n"));
}

#[test]
fn every_rule_has_a_row() {
    let table = all();
    for (number, rule) in RULES {
        let ends = format!("#{number}");
        let has_one = table
            .iter()
            .any(|vector| vector.clause.ends_with(&ends));
        assert!(has_one, "no row for rule {number}: {rule}");
    }
}
