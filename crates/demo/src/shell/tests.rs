use super::arguments;

fn given(words: &[&str]) -> Vec<String> {
    let given = words.iter().map(Into::into);
    arguments(given).into_iter().map(|word| word.into_string().unwrap()).collect()
}

#[test]
fn the_words_of_a_line_are_arguments_and_variables_are_looked_up() {
    assert_eq!(given(&["/bin/sh", "-c", "count  3 --exit 7"]), ["/bin/sh", "count", "3", "--exit", "7"]);
    let path = std::env::var("PATH").unwrap();
    assert_eq!(given(&["sh", "-c", "say $PATH $NOT_THERE"]), ["sh", "say", path.as_str(), ""]);
}

#[test]
fn another_command_line_is_as_it_was() {
    for words in [&["/berth-demo", "-c", "say x"][..], &["/bin/sh", "say", "x"], &["/bin/sh"], &["/berth-demo", "say", "$PATH"]] {
        assert_eq!(given(words), words);
    }
}
