//! Random values of each type, as SQL expressions: everyday ones, those at the edges, and many that are equal or nearly so.

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// From MTDD_TEST_SEED, or always the same; the seed is said, and shown if the test fails.
    pub fn seeded() -> Random {
        let seed = std::env::var("MTDD_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        eprintln!("MTDD_TEST_SEED={seed}");
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// Of any magnitude up to this many bits, either sign.
    fn signed(&mut self, bits: u32) -> i64 {
        let bits = 1 + self.below(bits.into()) as u32;
        let value = (self.next() >> (64 - bits)) as i64;
        if self.below(2) == 0 { value } else { value.wrapping_neg() }
    }

    pub fn digits(&mut self, most: u64) -> String {
        (0..1 + self.below(most)).map(|_| self.one_of(&['0', '0', '1', '2', '5', '9'])).collect()
    }
}

/// Every type with an order or an equality, and its oid.
pub const TYPES: [(&str, u32); 20] = [
    ("bool", 16),
    ("bytea", 17),
    ("\"char\"", 18),
    ("name", 19),
    ("int8", 20),
    ("int2", 21),
    ("int4", 23),
    ("text", 25),
    ("oid", 26),
    ("float4", 700),
    ("float8", 701),
    ("bpchar", 1042),
    ("char(6)", 1042),
    ("varchar", 1043),
    ("date", 1082),
    ("time", 1083),
    ("timestamp", 1114),
    ("timestamptz", 1184),
    ("numeric", 1700),
    ("uuid", 2950),
];

/// A value of one of these types.
pub fn value(random: &mut Random, name: &str) -> String {
    match name {
        "bool" => random.one_of(&["true", "false"]).to_owned(),
        "int2" => format!("({})::int2", random.signed(15)),
        "int4" => format!("({})::int4", random.signed(31)),
        "int8" => match random.below(10) {
            0 => "(-9223372036854775808)::int8".to_owned(),
            1 => i64::MAX.to_string(),
            _ => format!("({})::int8", random.signed(63)),
        },
        "oid" => format!("'{}'::oid", random.next() as u32 >> random.below(32)),
        "float4" => format!("'{}'::float4", single(random)),
        "float8" => format!("'{}'::float8", double(random)),
        "numeric" => numeric(random),
        "text" | "varchar" => format!("{}::{name}", text(random)),
        "bpchar" | "char(6)" => format!("substr({}, 1, 6)::{name}", text(random)),
        "name" => format!("{}::name", text(random)),
        "\"char\"" => format!("({})::int4::\"char\"", random.below(256) as i64 - 128),
        "uuid" => format!("'{:016x}{:016x}'::uuid", random.one_of(&[0, u64::MAX, 1 << 63]), random.next()),
        "bytea" => format!("'\\x{}'::bytea", hex(random)),
        "date" => match random.below(12) {
            0 => "'infinity'::date".to_owned(),
            1 => "'-infinity'::date".to_owned(),
            2 => {
                format!("'{}'::date", random.one_of(&["4713-11-24 BC", "0001-12-31 BC", "0001-01-01", "5874897-12-31"]))
            }
            _ => format!("'2000-01-01'::date + ({})", random.signed(21)),
        },
        "time" => match random.below(12) {
            0 => "'24:00'::time".to_owned(),
            1 => "'23:59:59.999999'::time".to_owned(),
            _ => format!("'00:00'::time + interval '{} microseconds'", random.signed(37)),
        },
        "timestamp" | "timestamptz" => match random.below(14) {
            0 => format!("'infinity'::{name}"),
            1 => format!("'-infinity'::{name}"),
            2 => format!("'4713-11-25 00:00:00 BC'::{name}"),
            3 => format!("'294276-12-30 23:59:59.999999'::{name}"),
            // Around the hours in which clocks change.
            4 => format!("'2024-11-03 04:30'::{name} + interval '{} minutes'", random.below(240)),
            5..9 => format!("'1937-06-30'::{name} + interval '{} microseconds'", random.signed(57)),
            9 => format!("'2024-03-31'::{name} + interval '{} microseconds'", random.next() >> (2 + random.below(30))),
            _ => format!("'2024-03-31'::{name} + interval '{} milliseconds'", random.signed(45)),
        },
        other => panic!("no values of type {other}"),
    }
}

pub fn numeric(random: &mut Random) -> String {
    let sign = random.one_of(&["", "", "-"]);
    match random.below(20) {
        0 => format!("'{}'::numeric", random.one_of(&["NaN", "Infinity", "-Infinity"])),
        1 => format!("('{sign}{}e{}')::numeric", random.digits(5), random.signed(7)),
        2..5 => format!("('{sign}{}.{}')::numeric", random.digits(60), random.digits(60)),
        5..8 => format!("('{sign}{}')::numeric", random.digits(25)),
        8..10 => format!("('{sign}0.{}')::numeric", random.digits(20)),
        _ => format!("('{sign}{}.{}')::numeric", random.digits(4), random.digits(3)),
    }
}

/// Any bits at all; short decimals; powers of two and of ten with their neighbours, whose digits are the hard ones.
pub fn double(random: &mut Random) -> String {
    let near =
        |value: f64, random: &mut Random| f64::from_bits(value.to_bits().wrapping_add(random.below(5)).wrapping_sub(2));
    match random.below(10) {
        0 => random.one_of(&["NaN", "Infinity", "-Infinity", "0", "-0"]).to_owned(),
        1..4 => shown(f64::from_bits(random.next())),
        4..6 => shown(near(2f64.powi(random.signed(10) as i32), random)),
        6..8 => shown(near(random.below(100) as f64 * 10f64.powi(random.signed(8) as i32), random)),
        _ => format!("{}.{}", random.signed(30), random.digits(4)),
    }
}

pub fn single(random: &mut Random) -> String {
    let near = |value: f32, random: &mut Random| {
        f32::from_bits(value.to_bits().wrapping_add(random.below(5) as u32).wrapping_sub(2))
    };
    match random.below(10) {
        0 => random.one_of(&["NaN", "Infinity", "-Infinity", "0", "-0"]).to_owned(),
        1..4 => shown(f32::from_bits(random.next() as u32)),
        4..6 => shown(near(2f32.powi(random.signed(7) as i32), random)),
        6..8 => shown(near(random.below(100) as f32 * 10f32.powi(random.signed(5) as i32), random)),
        _ => format!("{}.{}", random.signed(15), random.digits(3)),
    }
}

fn shown(value: impl std::fmt::LowerExp) -> String {
    format!("{value:e}").replace("inf", "Infinity")
}

fn text(random: &mut Random) -> String {
    let letters = [
        "a", "A", "b", "B", " ", " ", "é", "e\u{301}", "ß", "ss", "日", "🦀", "\u{e000}", "\u{ffff}", "-", "_", "~",
        "0",
    ];
    let text: String = (0..random.below(7)).map(|_| random.one_of(&letters)).collect();
    format!("'{text}'")
}

fn hex(random: &mut Random) -> String {
    (0..random.below(5)).map(|_| random.one_of(&["00", "01", "7f", "80", "ab", "ff"])).collect()
}
