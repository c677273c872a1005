use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn token_reads_back(number in 0..Position::END.number(), forward in any::<bool>()) {
        let position = Position::of_number(number).unwrap();
        let turn = if forward { Turn::Forward(position) } else { Turn::Backward(position) };
        prop_assert_eq!(Turn::parse(&turn.token()), Some(turn));
    }

    #[test]
    fn any_text_is_a_token_or_not(text in ".{0,80}") {
        let _ = Turn::parse(&text);
    }
}

#[test]
fn other_tokens_are_none() {
    let zeros = "0".repeat(56);
    assert_eq!(Turn::parse(&format!("f/{zeros}/s")), Some(Turn::Forward(Position::START)));
    for bad in
        [format!("n/{zeros}/s"), format!("f/{zeros}"), "f/0/s".to_owned(), format!("f/{}/s", "9".repeat(56)), String::new()]
    {
        assert_eq!(Turn::parse(&bad), None, "{bad}");
    }
    assert_eq!(Turn::parse(&format!("f/+{}/s", "0".repeat(55))), None);
}
