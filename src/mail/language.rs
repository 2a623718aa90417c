//! The language that a mail is written in.

use std::panic::catch_unwind;

use whatlang::{Detector, Lang};

/// No more of the text is looked at than this, in bytes.
const LOOKED_AT_BYTES_MAX: usize = 2_048;
/// Of fewer letters nothing is concluded.
const LETTERS_MIN: usize = 20;
/// In scripts in which a sign is a syllable or a word, so many do.
const SIGNS_MIN: usize = 10;

/// Languages that nobody writes such mail in, and that short texts are easily taken for.
const UNLIKELY: [Lang; 2] = [Lang::Epo, Lang::Lat];

/// The language of a text as a tag such as `fr` (RFC 5646); `None` where the text is too short, in
/// several languages, or like several. What is quoted does not count.
///
/// What Content-Language (RFC 3282) says is often the language of the mail program: it counts for a
/// text that is too short, and makes `fr-CA` of `fr`.
pub(crate) fn language(text: &str, content_language: Option<&str>) -> Option<String> {
    let own = own_words(text);
    let said = content_language.and_then(single_tag);
    if !is_long_enough(&own) {
        return said.filter(|_| own.chars().any(char::is_alphabetic));
    }
    // Whatever a stranger writes, it must not keep the mail from being read.
    let found = catch_unwind(|| agreed(&own)).ok()??;
    let is_variety = |said: &String| said.split('-').next() == Some(found);
    Some(said.filter(is_variety).unwrap_or_else(|| found.to_owned()))
}

/// The words that the writer seems to have written, and that are of a language: no quotes, no
/// signature, no addresses.
fn own_words(text: &str) -> String {
    let lines = text.lines().take_while(|line| *line != "-- ");
    let own = lines.filter(|line| !line.trim_start().starts_with('>'));
    let is_word = |word: &&str| !word.contains(['@', '/', '_']) && !word.contains("://");
    let mut words = String::new();
    for word in own.flat_map(str::split_whitespace).filter(is_word) {
        if words.len() + word.len() >= LOOKED_AT_BYTES_MAX {
            break;
        }
        words.push_str(word);
        words.push(' ');
    }
    words
}

fn is_long_enough(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let signs = letters.clone().filter(|c| *c >= '\u{3040}').count();
    signs >= SIGNS_MIN || letters.count() >= LETTERS_MIN
}

/// The language of a text whose halves are in the same one.
fn agreed(text: &str) -> Option<&'static str> {
    let whole = recognised(text)?;
    let middle = text.floor_char_boundary(text.len() / 2);
    let (first, second) = text.split_at(middle);
    let disagrees = |half: &str| {
        is_long_enough(half) && recognised(half).is_some_and(|language| language != whole)
    };
    if disagrees(first) || disagrees(second) { None } else { tag(whole) }
}

/// The language that one way of finding it out is sure of, by trigrams, or that another one agrees
/// on, by trained weights: of short texts the first is seldom sure, and the second never says that
/// it is not.
fn recognised(text: &str) -> Option<Lang> {
    let found = Detector::with_denylist(UNLIKELY.to_vec()).detect(text)?;
    let is_agreed = || whichlang::detect_language(text).three_letter_code() == found.lang().code();
    (found.is_reliable() || is_agreed()).then(|| found.lang())
}

/// The tag of a field that names one language.
fn single_tag(field: &str) -> Option<String> {
    let tag = field.trim();
    let mut parts = tag.split('-');
    let is_language = parts.next().is_some_and(|first| {
        (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic())
    });
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    (is_language && tag.len() <= 35 && parts.all(is_part)).then(|| tag.to_owned())
}

/// The tag of a language: two letters where there are two (RFC 5646 section 2.2.1).
fn tag(language: Lang) -> Option<&'static str> {
    TAGS.iter().find(|(known, _)| *known == language).map(|(_, tag)| *tag)
}

const TAGS: [(Lang, &str); 68] = [
    (Lang::Eng, "en"),
    (Lang::Rus, "ru"),
    (Lang::Cmn, "zh"),
    (Lang::Spa, "es"),
    (Lang::Por, "pt"),
    (Lang::Ita, "it"),
    (Lang::Ben, "bn"),
    (Lang::Fra, "fr"),
    (Lang::Deu, "de"),
    (Lang::Ukr, "uk"),
    (Lang::Kat, "ka"),
    (Lang::Ara, "ar"),
    (Lang::Hin, "hi"),
    (Lang::Jpn, "ja"),
    (Lang::Heb, "he"),
    (Lang::Yid, "yi"),
    (Lang::Pol, "pl"),
    (Lang::Amh, "am"),
    (Lang::Jav, "jv"),
    (Lang::Kor, "ko"),
    (Lang::Nob, "nb"),
    (Lang::Dan, "da"),
    (Lang::Swe, "sv"),
    (Lang::Fin, "fi"),
    (Lang::Tur, "tr"),
    (Lang::Nld, "nl"),
    (Lang::Hun, "hu"),
    (Lang::Ces, "cs"),
    (Lang::Ell, "el"),
    (Lang::Bul, "bg"),
    (Lang::Bel, "be"),
    (Lang::Mar, "mr"),
    (Lang::Kan, "kn"),
    (Lang::Ron, "ro"),
    (Lang::Slv, "sl"),
    (Lang::Hrv, "hr"),
    (Lang::Srp, "sr"),
    (Lang::Mkd, "mk"),
    (Lang::Lit, "lt"),
    (Lang::Lav, "lv"),
    (Lang::Est, "et"),
    (Lang::Tam, "ta"),
    (Lang::Vie, "vi"),
    (Lang::Urd, "ur"),
    (Lang::Tha, "th"),
    (Lang::Guj, "gu"),
    (Lang::Uzb, "uz"),
    (Lang::Pan, "pa"),
    (Lang::Aze, "az"),
    (Lang::Ind, "id"),
    (Lang::Tel, "te"),
    (Lang::Pes, "fa"),
    (Lang::Mal, "ml"),
    (Lang::Ori, "or"),
    (Lang::Mya, "my"),
    (Lang::Nep, "ne"),
    (Lang::Sin, "si"),
    (Lang::Khm, "km"),
    (Lang::Tuk, "tk"),
    (Lang::Aka, "ak"),
    (Lang::Zul, "zu"),
    (Lang::Sna, "sn"),
    (Lang::Afr, "af"),
    (Lang::Slk, "sk"),
    (Lang::Cat, "ca"),
    (Lang::Tgl, "tl"),
    (Lang::Hye, "hy"),
    (Lang::Cym, "cy"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "Hello, my parcel has not arrived yet. Could you please tell me where it is and when I can expect it?";
    const FRENCH: &str = "Bonjour, je n'ai toujours pas reçu mon colis. Pourriez-vous me dire où il se trouve et quand il arrivera ?";
    const GERMAN: &str = "Guten Tag, mein Paket ist noch nicht angekommen. Können Sie mir bitte sagen, wo es ist und wann es kommt?";
    const SPANISH: &str = "Buenos días, todavía no he recibido mi paquete. ¿Podrían decirme dónde está y cuándo va a llegar?";

    #[test]
    fn languages_are_recognised() {
        for (text, expected) in [
            (ENGLISH, Some("en")),
            (FRENCH, Some("fr")),
            (GERMAN, Some("de")),
            (SPANISH, Some("es")),
            (
                "Goedendag, mijn pakket is nog steeds niet aangekomen. Kunt u mij vertellen waar het is?",
                Some("nl"),
            ),
            (
                "Buongiorno, non ho ancora ricevuto il mio pacco. Potete dirmi dove si trova e quando arriverà?",
                Some("it"),
            ),
            (
                "Dzień dobry, moja paczka jeszcze nie dotarła. Czy mogą mi Państwo powiedzieć, gdzie ona jest?",
                Some("pl"),
            ),
            (
                "Здравствуйте, моя посылка ещё не пришла. Я заказал её две недели назад и очень её жду. Скажите, пожалуйста, где она находится и когда её привезут?",
                Some("ru"),
            ),
            ("こんにちは。荷物がまだ届いていません。いつ届くか教えてください。", Some("ja")),
            ("您好，我的包裹还没有到，请问什么时候能收到？", Some("zh")),
            ("Buenos días, todavía no he recibido mi paquete y lo necesito.", None),
            ("Hello, my parcel has not arrived yet.", Some("en")),
            (
                "Hej, jag har fortfarande inte fått mitt paket. Kan ni berätta var det är?",
                Some("sv"),
            ),
            (
                "Re: RG 4711 / Fa. Meier Invoice Rechnung Facture PO 5532 Ref ABC-123 total 55 EUR",
                None,
            ),
            (
                "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt",
                None,
            ),
            ("", None),
            ("OK", None),
            ("Merci beaucoup", None),
            ("12345 67890 +33 1 23 45 67 89 12345 67890 12345 67890 12345", None),
            (
                "https://example.org/hello/my/parcel/has/not/arrived/yet/could/you/please jo@example.org",
                None,
            ),
            ("xkcd qwrt zzkp vbnm lkjh gfds poiu ytre wqas zxcv bnml kjhg fdsa", None),
        ] {
            assert_eq!(language(text, None).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn texts_in_two_languages_are_in_none() {
        for (one, other) in
            [(ENGLISH, FRENCH), (GERMAN, SPANISH), (FRENCH, GERMAN), (SPANISH, ENGLISH)]
        {
            let text = format!("{one}\n{other}\n");
            assert_eq!(language(&text, None), None, "{text}");
            assert_eq!(language(&text, Some("en")), None, "{text}");
        }
    }

    #[test]
    fn only_the_writers_own_words_count() {
        let quoted =
            ENGLISH.split_inclusive(' ').map(|word| format!("> {word}\n")).collect::<String>();
        let text = format!("{FRENCH}\n\n{quoted}{quoted}\n-- \n{GERMAN}\n{GERMAN}");
        assert_eq!(language(&text, None).as_deref(), Some("fr"));
        let late = format!("{}{GERMAN}", format!("{FRENCH} ").repeat(40));
        assert_eq!(language(&late, None).as_deref(), Some("fr"));
    }

    #[test]
    fn what_the_header_says_counts_where_the_text_says_little() {
        for (text, said, expected) in [
            ("Merci", "fr-CA", Some("fr-CA")),
            (FRENCH, "fr-CA", Some("fr-CA")),
            (FRENCH, "en-US", Some("fr")),
            (FRENCH, "de, en", Some("fr")),
            ("Hi", "de, en", None),
            ("Hi", "en_US", None),
            ("Hi", "x", None),
            ("Hi", "en-", None),
            ("12", "en", None),
        ] {
            assert_eq!(language(text, Some(said)).as_deref(), expected, "{text} {said}");
        }
    }

    #[test]
    fn every_language_that_can_be_found_has_a_tag() {
        for language in Lang::all() {
            assert_eq!(tag(*language).is_none(), UNLIKELY.contains(language), "{language}");
        }
    }
}
