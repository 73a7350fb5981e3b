//! Tokens of PostgreSQL's lexical structure, by its rules.

use elt::job::sql::token::{Kind, Token, tokens, tokens_with_placeholders};

/// Significant tokens in short: kind and text.
fn shown(tokens: &[Token<'_>]) -> Vec<String> {
    tokens
        .iter()
        .filter(|token| token.kind != Kind::Space)
        .map(|token| format!("{:?} {}", token.kind, token.text))
        .collect()
}

fn check(sql: &str, expected: &[&str]) {
    assert_eq!(shown(&tokens(sql)), expected, "{sql}");
}

#[test]
fn strings_end_where_postgresql_ends_them() {
    check(r"'a''b' 'c'", &["String 'a''b'", "String 'c'"]);
    check(r"'a\' b", &[r"String 'a\'", "Name b"]);
    check(r"E'a\'b' x", &[r"String E'a\'b'", "Name x"]);
    check(r"e'a\\' x", &[r"String e'a\\'", "Name x"]);
    check(r"E'\é' x", &[r"String E'\é'", "Name x"]);
    check(r"U&'\0041' B'01' X'1F' N'a'", &[r"String U&'\0041'", "String B'01'", "String X'1F'", "String N'a'"]);
    check("fooE'a'", &["Name fooE", "String 'a'"]);
}

#[test]
fn a_string_goes_on_after_a_line_break_in_the_same_way() {
    check("E'a' -- c\n 'b\\'c' x", &["String E'a'", "LineComment -- c", r"String 'b\'c'", "Name x"]);
    check("E'a' 'b\\' x", &["String E'a'", r"String 'b\'", "Name x"]);
    check("E'a' /* \n */ 'b\\' x", &["String E'a'", "BlockComment /* \n */", r"String 'b\'", "Name x"]);
    check("'a'\n'b\\' x", &["String 'a'", r"String 'b\'", "Name x"]);
}

#[test]
fn dollar_quotes_end_at_their_own_tag() {
    check("$$a'b$$ x", &["DollarString $$a'b$$", "Name x"]);
    check("$a$ $b$ $$ $A$ $a$ x", &["DollarString $a$ $b$ $$ $A$ $a$", "Name x"]);
    check("$é$ $é$", &["DollarString $é$ $é$"]);
    check("a$$ b", &["Name a$$", "Name b"]);
    check("$1 $2a $", &["Param $1", "Param $2", "Name a", "Symbol $"]);
}

#[test]
fn comments_nest_and_end_operators() {
    check("/* a /* b */ c */ x", &["BlockComment /* a /* b */ c */", "Name x"]);
    check("/*/ a */ x", &["BlockComment /*/ a */", "Name x"]);
    check("a--b\rc", &["Name a", "LineComment --b", "Name c"]);
    check("a+--b", &["Name a", "Operator +", "LineComment --b"]);
    check("a */* b */ c", &["Name a", "Operator *", "BlockComment /* b */", "Name c"]);
}

#[test]
fn operators_are_as_long_as_postgresql_makes_them() {
    check("a<=-1", &["Name a", "Operator <=", "Operator -", "Number 1"]);
    check("a @-1", &["Name a", "Operator @-", "Number 1"]);
    check("a->>'b'", &["Name a", "Operator ->>", "String 'b'"]);
    check(
        "a::int[1:2]",
        &["Name a", "Symbol :", "Symbol :", "Name int", "Symbol [", "Number 1", "Symbol :", "Number 2", "Symbol ]"],
    );
    check("- - +", &["Operator -", "Operator -", "Operator +"]);
}

#[test]
fn names_may_have_letters_of_any_script_dollars_and_no_break_spaces() {
    check(
        "таблица_1$ \"A\"\"b\" U&\"\\0441\"",
        &["Name таблица_1$", "QuotedName \"A\"\"b\"", "UnicodeName U&\"\\0441\""],
    );
    check("a\u{a0}b", &["Name a\u{a0}b"]);
}

#[test]
fn numbers_take_fractions_and_exponents() {
    check(
        "1.5e-3 .5 1. 0x1F 1_000 1..2 1e",
        &[
            "Number 1.5e-3",
            "Number .5",
            "Number 1.",
            "Number 0x1F",
            "Number 1_000",
            "Number 1",
            "Symbol .",
            "Number .2",
            "Number 1",
            "Name e",
        ],
    );
}

#[test]
fn an_unclosed_quote_or_comment_extends_to_the_end() {
    for sql in ["'a", "E'a\\'", "\"a", "U&\"a", "$a$ $b$", "/* /* */", "'a''", "U&'", "E'\\"] {
        let tokens = tokens(sql);
        let [token] = tokens.as_slice() else { panic!("{sql}: {tokens:?}") };
        assert!(!token.closed, "{sql}");
    }
}

#[test]
fn placeholders_are_tokens_only_where_they_are_read() {
    let check = |sql: &str, expected: &[&str]| assert_eq!(shown(&tokens_with_placeholders(sql)), expected, "{sql}");
    check("a>%s", &["Name a", "Operator >", "Placeholder %s"]);
    check("%s%b%t", &["Placeholder %s", "Placeholder %b", "Placeholder %t"]);
    check("a %% b", &["Name a", "Operator %%", "Name b"]);
    check("a %%s", &["Name a", "Operator %%", "Name s"]);
    check("a %%%s", &["Name a", "Operator %%", "Placeholder %s"]);
    check("a <%%> b", &["Name a", "Operator <%%>", "Name b"]);
    check(
        "%(since)s %(a)d %(b)shop",
        &[
            "NamedPlaceholder %(since)s",
            "Operator %",
            "Symbol (",
            "Name a",
            "Symbol )",
            "Name d",
            "Operator %",
            "Symbol (",
            "Name b",
            "Symbol )",
            "Name shop",
        ],
    );
    check("'%s' -- %s", &["String '%s'", "LineComment -- %s"]);
    assert_eq!(shown(&tokens("a>%s")), ["Name a", "Operator >%", "Name s"]);
}
