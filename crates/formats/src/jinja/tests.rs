//! What the Jinja reader states, and where it stops.

use super::FORMAT;
use crate::reading::{Reading, detect, facts, parse};

fn stated(text: &str) -> Vec<String> {
    let reading = parse(&FORMAT, "x.jinja", text.as_bytes(), false);
    assert!(reading.complete(), "{:?}", reading.stop);
    lines(&reading)
}

/// The facts without their places and without the encoding.
fn lines(reading: &Reading) -> Vec<String> {
    let lines = facts(reading).into_iter().filter(|line| !line.starts_with("identity"));
    lines.map(|line| line.split(" @").next().unwrap().replace(" domain=\"jinja\"", "")).collect()
}

#[test]
fn chains_are_followed_to_the_call() {
    let facts = stated("{{ x.__init__.__globals__['o' ~ 's'].popen('echo ' ~ 'hi').read() }}");
    let call = facts.iter().find(|line| line.starts_with("call")).unwrap();
    assert!(call.contains(r#"module="os" name="popen""#) && call.contains("args=('echo hi')"), "{call}");
    assert_eq!(facts.iter().filter(|line| line.contains("\"attribute\"")).count(), 5);
}

#[test]
fn conditions_on_content_state_what_they_say() {
    let text = "{% if 'word' in messages[0].content %}{{ 'Say this' }}{% else %}That{% endif %}";
    let facts = stated(text);
    let said: Vec<_> = facts.iter().filter(|line| line.contains("name=\"text-")).collect();
    assert_eq!(said.len(), 2, "{facts:?}");
    assert!(said[0].contains("text-if-content") && said[0].contains("('word', 'Say this')"), "{}", said[0]);
    assert!(said[1].contains("text-unless-content") && said[1].contains("('word', 'That')"), "{}", said[1]);
    assert!(
        !stated("{% if messages[0].role == 'user' %}Say this{% endif %}").iter().any(|line| line.contains("text-"))
    );
}

#[test]
fn other_templates_are_references() {
    let facts =
        stated("{% include 'a' ~ '.txt' ignore missing %}{% from 'b' import c as d with context %}{% extends x %}");
    let files: Vec<_> = facts.iter().filter(|line| line.starts_with("reference")).collect();
    assert!(files[0].contains(r#"target="a.txt" role="include""#) && files[1].contains(r#"target="b" role="from""#));
    assert_eq!(files.len(), 3);
}

#[test]
fn the_dialect_is_read() {
    for text in [
        "{{ {'a': {'b': 1}} }}{{ [1, 2,][0] }}{{ (1,) }}{{ a[1:2, 3] }}{{ -1 ** -2 }}{{ 0x1f + 1_000.5e3 }}",
        "{% raw %}{{ not read {% endraw %}{{- 'a' 'b' -}}{# {% if #}",
        "{% for a, (b, c) in x|items if a is not none recursive %}{{ loop(a) }}{% else %}{% endfor %}",
        "{% set a.b, c = 1, 2 %}{% set d | upper | trim %}x{% endset %}{% do a.append(1) %}",
        "{% macro f(a, b=1) %}{{ caller() }}{% endmacro f %}{% call(x) f(1) %}y{% endcall %}",
        "{% trans n=1 %}a{% pluralize n %}b{% endtrans %}{% autoescape true %}{% endautoescape %}{%+ if a +%}{% endif %}",
        "{{ a if b else c if d }}{{ not not a is in b }}{{ a not in b and not c }}{{ x is divisibleby 3 }}",
        "{% block a scoped required %}{{ super() }}{% endblock a %}{% generation %}{% endgeneration %}",
        "{{ f(*a, **b) }}{{ a.0.b }}{{ '}}' }}{{ \"%}\" }}",
    ] {
        let reading = parse(&FORMAT, "x.jinja", text.as_bytes(), false);
        assert!(reading.complete(), "{text}: {:?}", reading.stop);
    }
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_read() {
    for text in
        ["{{ a", "{{ 'a }}", "{% if %}", "{# a", "{% endif %}", "{% unknown x %}", "{{ a b }}", "{% for %}", "{{ $ }}"]
    {
        let reading = parse(&FORMAT, "x.jinja", text.as_bytes(), false);
        assert!(reading.stop.is_some(), "{text}");
    }
    let reading = parse(&FORMAT, "x.jinja", b"{% if ( %}{{ a.b }}{% endif %}", false);
    assert!(lines(&reading).iter().any(|line| line.contains("a.b")) && reading.stop.is_some());
    assert!(parse(&FORMAT, "x.jinja", b"\xff\xfe{{ a }}", false).stop.is_some());
}

#[test]
fn hostile_sizes_stop_politely() {
    for text in [
        "(".repeat(100_000),
        format!("{{{{ {}a", "(".repeat(100_000)),
        format!("{{{{ {}a }}}}", "-".repeat(100_000)),
        format!("{{{{ {}a }}}}", "not ".repeat(100_000)),
        format!("{{{{ a{} }}}}", " is b c".repeat(100_000)),
        format!("{{{{ a{} }}}}", "**-a".repeat(100_000)),
        format!("{{{{ a{} }}}}", ".b".repeat(100_000)),
        format!("{{{{ a{} }}}}", " + a".repeat(100_000)),
        format!("{{{{ a{} }}}}", " if a else a".repeat(100_000)),
        "{% if a %}".repeat(100_000),
        "{% macro a() %}{{ a() }}{{ a() }}{% endmacro %}{{ a() }}".to_owned(),
        "{% set a = [a, a] %}".repeat(10_000),
        format!("{{% set a = 'aa' %}}{}", "{% set a = a ~ a %}".repeat(1_000)),
        "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}x{% endfor %}{% endfor %}{% endfor %}".to_owned(),
        format!("{{{{ a|map({}'upper') }}}}", "'map', ".repeat(100_000)),
        "{{ 'a' * 1000000000 }}{{ range(10000000000)|list }}".to_owned(),
    ] {
        // It ends, whatever it says.
        parse(&FORMAT, "x.jinja", text.as_bytes(), false);
    }
}

#[test]
fn every_prefix_stops_politely() {
    let text = "{%- set a = '\\x5f' ~ b|join('é') -%}{% for m in messages %}{{ m['content'][1:-1] if 'x' in m.content }}{% endfor %}";
    for end in 0..text.len() {
        parse(&FORMAT, "x.jinja", &text.as_bytes()[..end], false);
    }
}

#[test]
fn names_make_templates() {
    for name in ["a.jinja", "b.J2", "chat_template", "x_chat_template_y.txt", "prompt_template.txt"] {
        assert!(detect(&FORMAT, name, b"x").is_some(), "{name}");
    }
    for name in ["chat_template.json", "a.txt", "jinja"] {
        assert!(detect(&FORMAT, name, b"x").is_none(), "{name}");
    }
}

/// The names that are stated as reached, and those that are stated as texts.
fn reached_and_held(text: &str) -> [Vec<String>; 2] {
    ["attribute", "text"].map(|kind| {
        let stated = stated(text).into_iter().filter(|line| line.contains(&format!("name=\"{kind}\"")));
        stated.filter_map(|line| line.split("args=('").nth(1)?.split('\'').next().map(str::to_owned)).collect()
    })
}

#[test]
fn names_are_followed_through_what_may_choose_them() {
    for text in [
        "{{ x[y or '__class__'] }}",
        "{% set a = y or '__class__' %}{{ x[a] }}",
        "{{ x['__class__' if y else 'content'] }}",
        "{% set a = y|default('__class__') %}{{ x[a] }}",
        "{{ x[{'a': '__class__'}.get('a')] }}",
        "{{ x[({'a': '__class__'}|dictsort)[0][1]] }}",
        "{{ x[['b', '__class__']|sort|first] }}",
        "{{ x[['__class__']|random] }}",
        "{{ x[['__CLASS__']|map('lower')|first] }}",
        "{{ x[['##class##']|map('replace', '#', '_')|first] }}",
        "{{ x[cycler('__class__').next()] }}",
        "{% set l = [] %}{% do l.append('__class__') %}{{ x[l[0]] }}",
        "{% set n = namespace(a='__class__') %}{{ x[n['a']] }}",
        "{% macro m() %}{{ x[varargs[0]] }}{% endmacro %}{{ m('__class__') }}",
        "{% macro m() %}{{ x[kwargs.a] }}{% endmacro %}{{ m(a='__class__') }}",
        "{% macro m(a) %}{{ x[a] }}{% endmacro %}{{ m(**{'a': '__class__'}) }}",
        r"{{ x['\N{LOW LINE}_class_\N{LOW LINE}'] }}",
        "{{ x[('&#95;_class__'|safe).unescape()] }}",
        "{{ x['__<!-- > -->class__'|striptags] }}",
        "{% set ａ = '__class__' %}{{ x[a] }}",
        "{{ y|map(ａttribute='__class__')|list }}",
        "{% set k = {'attribute': '__class__'} %}{{ y|map(**k)|list }}",
        "{{ y|map('groupby', '__class__')|list }}",
    ] {
        let [reached, _] = reached_and_held(text);
        assert!(reached.iter().any(|name| name == "__class__"), "{text}: {reached:?}");
    }
}

#[test]
fn names_are_stated_where_nobody_can_follow_them() {
    for text in [
        "{% macro m() %}{{ x[caller('__class__')] }}{% endmacro %}{{ m() }}",
        "{% macro m(a) %}{{ x[a] }}{% endmacro %}{{ [m][0]('__class__') }}",
        "{% macro m(__class__) %}{{ x[m.arguments[0]] }}{% endmacro %}",
        "{% block a %}__class__{% endblock %}{{ x[self.a()] }}",
        "{{ ['__class__'] }}",
        "{{ {'a': {'b': '__class__'}} }}",
        "{{ f('x.__class__') }}",
        "{% set f = '{0.__class__}'.format %}",
        "{% set f = 'a {0.__class__}'.format %}",
        "{% for k in y if k == '__cla' ~ 'ss__' %}{% endfor %}",
        "{{ '##class##'|replace('#', '_') }}",
        "{{ dict(__class__=1) }}",
    ] {
        let [_, held] = reached_and_held(text);
        assert!(held.iter().any(|name| name == "__class__"), "{text}: {held:?}");
    }
    for text in ["{{ 'a', '_', '__', '_id', 'content', tool_calls }}", "say __class__ aloud", "{{ 'say __class__ aloud' }}"] {
        let [_, held] = reached_and_held(text);
        assert_eq!(held, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn keys_of_data_are_no_computed_names() {
    for text in ["{{ config[k] }}{{ g[k] }}{{ x[k] }}", "{% set n = namespace(a=1) %}{{ n[k] }}"] {
        assert!(!stated(text).iter().any(|line| line.contains("computed-attribute")), "{text}");
    }
    for text in ["{{ lipsum[k] }}", "{{ x[request.args.k] }}", "{{ x['__' ~ k] }}"] {
        assert!(stated(text).iter().any(|line| line.contains("computed-attribute")), "{text}");
    }
}

#[test]
fn conditions_know_their_opposite_and_markup() {
    for (text, name) in [
        ("{% if 'word' not in messages[0].content %}{% else %}Say this{% endif %}", "text-if-content"),
        ("{% if not 'word' in messages[0].content %}Say this{% endif %}", "text-unless-content"),
        ("{% if messages[0].content != 'word' %}Say this{% endif %}", "text-unless-content"),
        ("{% if '<image>' in messages[0].content %}Say this{% endif %}", "text-if-markup"),
        ("{{ messages[0].content.replace('<image>', 'a picture') }}", "\"markup-rewrite"),
        ("{{ messages[0].content.replace('.', 'a picture') }}", "\"content-rewrite"),
    ] {
        assert!(stated(text).iter().any(|line| line.contains(name)), "{text}");
    }
}

#[test]
fn content_decides_in_other_ways_too() {
    for text in [
        "{% for m in messages if 'word' in m.content %}Say this{% endfor %}",
        "{% if 'word' in ('' ~ messages[0].content) %}Say this{% endif %}",
        "{% set n = namespace(a='') %}{% for m in messages %}{% set n.a = n.a ~ m.content %}{% endfor %}{% if 'word' in n.a %}Say this{% endif %}",
        "{{ {'word': 'Say this'}[messages[0].content] }}",
        "{{ {'word': 'Say this'}.get(messages[0].content, '') }}",
        "{% if messages|selectattr('content', 'in', ['word'])|list %}Say this{% endif %}",
        "{{ 'Say this' * ('word' in messages[0].content) }}",
    ] {
        let facts = stated(text);
        assert!(facts.iter().any(|line| line.contains("text-if-content") && line.contains("('word', 'Say this')")), "{text}");
    }
    for text in ["{% for m in messages if m.role == 'word' %}Say this{% endfor %}", "{{ {'user': 'Say this'}[messages[0].role] }}"] {
        assert!(!stated(text).iter().any(|line| line.contains("text-if")), "{text}");
    }
}

#[test]
fn what_jinja_reads_is_not_too_deep() {
    let nested = |open: &str, close: &str| format!("{}{{{{ x.__class__ }}}}{}", open.repeat(95), close.repeat(95));
    for text in [
        format!("{{{{ {}x.__class__{} }}}}", "(".repeat(95), ")".repeat(95)),
        format!("{{{{ {}x.__class__{} }}}}", "[".repeat(95), "]".repeat(95)),
        nested("{% if a %}", "{% endif %}"),
    ] {
        let [reached, _] = reached_and_held(&text);
        assert_eq!(reached, ["__class__"], "{text}");
    }
    for text in [
        nested("{% if a %}{% if b %}", "{% endif %}{% endif %}"),
        (0..5000).map(|n| format!("{{{{ '__name{n}__' }}}}")).collect::<String>() + "{{ x.__class__ }}",
        "{% for a in range(99) %}{% for b in range(99) %}x{% endfor %}{% endfor %}{{ x.__class__ }}".to_owned(),
    ] {
        let reading = parse(&FORMAT, "x.jinja", text.as_bytes(), false);
        assert!(reading.stop.is_some() && lines(&reading).iter().any(|line| line.contains("__class__")), "{text}");
    }
}
