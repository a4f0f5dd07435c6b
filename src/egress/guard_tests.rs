use super::*;

/// What the guard without exceptions says to an address as somebody types it.
fn typed(text: &str) -> Result<Target, String> {
    match check_typed(text) {
        Ok((_, target)) => Ok(target),
        Err(Ok(blocked)) => Err(blocked.to_string()),
        Err(Err(error)) => Err(error.to_string()),
    }
}

fn guard(rules: &[&str]) -> Guard {
    Guard::new(rules.iter().map(|rule| rule.parse().unwrap()).collect(), Vec::new(), &[])
}

fn allows(guard: &Guard, url: &str) -> bool {
    guard.check_url(&url.parse().unwrap()).is_ok()
}

fn public(address: &str) -> bool {
    is_public(address.parse().unwrap())
}

#[test]
fn this_machine_is_refused_in_every_spelling() {
    for text in [
        "http://127.0.0.1/",
        "http://127.255.255.254/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://127.0.0.1./",
        "http://１２７.０.０.１/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://127．0．0．1/",
        "http://127｡0｡0｡1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:0:127.0.0.1]/",
    ] {
        assert!(typed(text).is_err(), "{text}");
    }
}

#[test]
fn hosts_that_are_built_to_be_misread_are_refused() {
    for text in [
        "http://127.0.0.1%00.example.com/",
        "http://127.0.0.1\u{9}/",
        "http://127.0\n.0.1/",
        "http://example.com@127.0.0.1/",
        "http://127.0.0.1#@example.com/",
        "http:\\\\127.0.0.1\\",
        "http:///127.0.0.1/",
        "http:127.0.0.1",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://localhost.xn--/",
    ] {
        assert!(typed(text).is_err(), "{text}");
    }
}

#[test]
fn addresses_with_an_ipv4_address_inside_are_judged_by_it() {
    for (address, is_open) in [
        ("::ffff:127.0.0.1", false),
        ("::ffff:10.0.0.1", false),
        ("::ffff:8.8.8.8", true),
        ("64:ff9b::7f00:1", false),
        ("64:ff9b::a9fe:a9fe", false),
        ("64:ff9b::808:808", true),
        ("64:ff9b:1::1", false),
        ("64:ff9b:1::808:808", false),
        ("2002:7f00:1::", false),
        ("2002:a00:1::1", false),
        ("2002:808:808::1", true),
        // Teredo: server 65.54.227.120, client 192.0.2.45 and 10.0.0.1 with turned bits.
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", false),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", false),
        ("2001:0:a00:1:8000:63bf:f7f7:f7f7", false),
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", true),
    ] {
        assert_eq!(public(address), is_open, "{address}");
    }
}

#[test]
fn private_networks_are_refused_from_their_first_to_their_last_address() {
    for (first, last, before, after) in [
        ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
        ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
        ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
        ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
        ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
        ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
        ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
        ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
        ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
        ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
        ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
        ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
    ] {
        assert!(!public(first) && !public(last), "{first} to {last}");
        assert!(public(before) && public(after), "{before} and {after}");
    }
    for (last_open, first_refused) in [("223.255.255.255", "224.0.0.0"), ("1.0.0.0", "0.255.255.255")] {
        assert!(public(last_open) && !public(first_refused), "{first_refused}");
    }
    for address in ["0.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255"] {
        assert!(!public(address), "{address}");
    }
}

#[test]
fn ipv6_networks_that_are_not_the_public_internet_are_refused() {
    for address in [
        "fc00::1",
        "fdff:ffff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
        "ff00::1",
        "ff02::1",
        "2001:db8::1",
        "2001:db8:ffff::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "100::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "4000::1",
        "::2",
    ] {
        assert!(!public(address), "{address}");
    }
    for address in ["2606:4700:4700::1111", "2001:4860:4860::8888", "2a00::1", "3fff:1000::1", "2001:db7::1"] {
        assert!(public(address), "{address}");
    }
}

#[test]
fn only_http_and_https_are_addresses_and_short_forms_become_https() {
    for text in [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "dict://example.com/",
        "php://input",
        "jar:http://example.com!/a",
        "unix:/run/socket",
        "ws://example.com/",
        "data:text/html,hello",
        "blob:https://example.com/1",
        "about:blank",
        "view-source:http://example.com/",
        "javascript:alert(1)",
    ] {
        assert!(typed(text).is_err(), "{text}");
    }
    for text in
        ["hTTp://example.com/", " http://example.com/ ", "example.com", "feed://example.com/", "rss://example.com"]
    {
        assert_eq!(typed(text), Ok(Target::Name("example.com".to_owned())), "{text}");
    }
}

#[test]
fn ports_of_other_services_are_refused() {
    for port in [22, 25, 6379, 11211, 5432, 9200, 0, 65535, 1, 21, 23, 110, 143, 587, 3306, 6667, 27017, 10080] {
        assert_eq!(typed(&format!("http://example.com:{port}/")), Err(Blocked::Port.to_string()), "{port}");
    }
    for port in [80, 443, 1024, 3000, 8000, 8080, 8443, 50000] {
        assert!(typed(&format!("http://example.com:{port}/")).is_ok(), "{port}");
    }
}

#[test]
fn a_rule_opens_exactly_its_host_and_port() {
    let guard = guard(&["192.168.1.10:8080", "localhost:3000"]);
    assert!(allows(&guard, "http://192.168.1.10:8080/feed"));
    assert!(allows(&guard, "http://0xc0a8010a:8080/feed"), "the same address in another spelling");
    assert!(allows(&guard, "http://LOCALHOST:3000/"));
    for url in [
        "http://192.168.1.10/",
        "http://192.168.1.10:8081/",
        "http://192.168.1.11:8080/",
        "http://localhost/",
        "http://127.0.0.1:3000/",
        "http://a.localhost:3000/",
    ] {
        assert!(!allows(&guard, url), "{url}");
    }
    assert_eq!(guard.check_address("localhost", "127.0.0.1".parse().unwrap(), 3000), Ok(()));
    assert!(guard.check_address("evil.example", "127.0.0.1".parse().unwrap(), 3000).is_err());
    assert_eq!(guard.check_address("nas.example", "192.168.1.10".parse().unwrap(), 8080), Ok(()));
}

#[test]
fn a_network_rule_opens_its_addresses_on_web_ports() {
    let guard = guard(&["10.0.0.0/8", "192.168.0.0/16:5432", "fd00::/8"]);
    assert!(allows(&guard, "http://10.1.2.3/"));
    assert!(allows(&guard, "http://10.1.2.3:8080/"));
    assert!(allows(&guard, "http://[::ffff:10.1.2.3]/"));
    assert!(allows(&guard, "http://[fd12::1]/"));
    assert!(allows(&guard, "http://192.168.1.1:5432/"), "a port that the rule names is opened, whatever it is");
    assert!(!allows(&guard, "http://10.1.2.3:22/"));
    assert!(!allows(&guard, "http://192.168.1.1/"));
    assert!(!allows(&guard, "http://11.0.0.1:5432/"), "a rule for a port opens no other network");
    assert!(!allows(&guard, "http://172.16.0.1/"));
}

#[test]
fn metadata_services_are_refused_unless_listed_by_address_and_port() {
    let open_networks = guard(&["0.0.0.0/0", "::/0"]);
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://192.0.0.192/",
    ] {
        assert!(!allows(&open_networks, url), "{url}");
    }
    assert!(allows(&open_networks, "http://169.254.1.1/"));
    assert!(allows(&guard(&["169.254.169.254:80"]), "http://169.254.169.254/"));
    assert!(!allows(&guard(&["169.254.169.254:80"]), "http://169.254.169.254:8080/"));
    let by_name = guard(&["metadata.internal:80"]);
    assert!(by_name.check_address("metadata.internal", "169.254.169.254".parse().unwrap(), 80).is_err());
}

#[test]
fn the_program_does_not_ask_itself() {
    let own = |rules: &[&str], listen: &str| {
        Guard::new(
            rules.iter().map(|rule| rule.parse().unwrap()).collect(),
            vec![listen.parse().unwrap()],
            &["Reader.Example.".to_owned()],
        )
    };
    let guard = own(&["127.0.0.0/8"], "127.0.0.1:8080");
    assert!(!allows(&guard, "http://127.0.0.1:8080/"));
    assert!(!allows(&guard, "http://[::ffff:127.0.0.1]:8080/"));
    assert!(!allows(&guard, "http://reader.example/feed"));
    assert!(allows(&guard, "http://127.0.0.1:8081/"));
    let everywhere = own(&["127.0.0.0/8", "::1/128"], "[::]:8080");
    assert!(!allows(&everywhere, "http://127.0.0.1:8080/"));
    assert!(!allows(&everywhere, "http://[::1]:8080/"));
    assert!(allows(&everywhere, "http://127.0.0.1:9090/"));
    let listed = own(&["127.0.0.1:8080", "reader.example:443"], "127.0.0.1:8080");
    assert!(allows(&listed, "http://127.0.0.1:8080/"));
    assert!(allows(&listed, "https://reader.example/feed"));
}

#[test]
fn names_are_passed_on_to_be_judged_by_their_addresses() {
    for name in ["postgres", "host.docker.internal", "localtest.me", "169.254.169.254.nip.io", "xn--fiqs8s.example"] {
        assert_eq!(typed(&format!("http://{name}/")), Ok(Target::Name(name.to_owned())));
    }
    let guard = Guard::default();
    assert!(guard.check_address("postgres", "172.18.0.2".parse().unwrap(), 80).is_err());
    assert!(guard.check_address("169.254.169.254.nip.io", "169.254.169.254".parse().unwrap(), 80).is_err());
    assert!(guard.check_address("example.com", "93.184.215.14".parse().unwrap(), 80).is_ok());
}
