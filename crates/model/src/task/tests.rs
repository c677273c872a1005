use super::*;

#[test]
fn task_record_stays_small() {
    assert!(size_of::<Task>() <= 336, "a task record takes {} bytes", size_of::<Task>());
    assert!(size_of::<Container>() <= 88, "a container takes {} bytes", size_of::<Container>());
}
