"""course_utils.brain.agrel: the rule equals PyTorch's gradient on average, and fails without its feedback."""

import numpy as np
import pytest
import torch

from course_utils.brain.agrel import (
    Network,
    agrel_change,
    backpropagation_change,
    draw_tones,
    draw_xor,
    expected_agrel_change,
    respond,
    train_networks,
    train_on_tones,
)

XOR = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float), np.array([0, 1, 1, 0])
TRIALS = 6000  # enough for every network that has feedback


def random_trial(rng):
    n_inputs, n_hidden, n_classes = rng.integers(1, 7), rng.integers(1, 9), rng.integers(2, 6)
    network = Network(rng.normal(size=(n_hidden, n_inputs)), rng.normal(size=(n_classes, n_hidden)))
    return network, rng.normal(size=n_inputs), int(rng.integers(n_classes))


def torch_change(network, inputs, target):
    hidden = torch.tensor(network.hidden, requires_grad=True)
    output = torch.tensor(network.output, requires_grad=True)
    logits = output @ torch.sigmoid(hidden @ torch.tensor(inputs))
    torch.nn.functional.cross_entropy(logits, torch.tensor(target)).backward()
    return Network(-hidden.grad.numpy(), -output.grad.numpy())


def xor_probabilities(network):
    """Give each network's probability of the right choice for the four inputs, shape (n_networks, 4)."""
    n = len(network.hidden)
    answers = [
        respond(network, np.tile(inputs, (n, 1))).probabilities[:, target]
        for inputs, target in zip(*XOR, strict=True)
    ]
    return np.stack(answers, axis=1)


def train_xor(rule, seed, n_trials=TRIALS, **options):
    return train_networks(draw_xor, rule, seed, n_networks=20, n_hidden=8, n_trials=n_trials, **options)


def test_backpropagation_is_pytorchs():
    rng = np.random.default_rng(0)
    for _ in range(50):
        trial = random_trial(rng)
        for ours, theirs in zip(backpropagation_change(*trial), torch_change(*trial), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_agrel_equals_backpropagation_when_every_choice_is_counted():
    rng = np.random.default_rng(1)
    for _ in range(200):
        trial = random_trial(rng)
        for by_reward, by_error in zip(expected_agrel_change(*trial), torch_change(*trial), strict=True):
            np.testing.assert_allclose(by_reward, by_error, rtol=0, atol=1e-12)


def test_only_the_winner_and_those_it_listens_to_learn():
    network = Network(np.ones((3, 2)), np.array([[1.0, 0, 0], [0, 1, 0]]))
    change = agrel_change(network, [1, 2], chosen=0, target=1)
    assert np.all(change.output[0] < 0)
    assert np.all(change.output[1] == 0)
    assert np.all(change.hidden[0] < 0)
    assert np.all(change.hidden[1:] == 0)


def test_a_right_choice_teaches_more_the_less_it_was_expected():
    def change(preference):
        network = Network(np.ones((1, 1)), np.array([[preference], [0.0]]))
        return agrel_change(network, [1], chosen=0, target=0).output[0, 0]

    assert change(-3) > change(0) > change(3) > 0


def test_clip_limits_the_surprise():
    network = Network(np.ones((1, 1)), np.array([[-10.0], [10.0]]))
    change = agrel_change(network, [1], chosen=0, target=0, clip=5)
    assert change.output[0, 0] == pytest.approx(5 * respond(network, [1]).hidden[0])


def test_respond_agrees_with_pytorch_for_a_batch_of_networks():
    rng = np.random.default_rng(2)
    network = Network(rng.normal(size=(5, 4, 3)), rng.normal(size=(5, 2, 4)))
    inputs = rng.normal(size=(5, 3))
    activity = respond(network, inputs)
    for index in range(5):
        hidden = torch.sigmoid(torch.tensor(network.hidden[index]) @ torch.tensor(inputs[index]))
        probabilities = torch.softmax(torch.tensor(network.output[index]) @ hidden, dim=0)
        np.testing.assert_allclose(activity.probabilities[index], probabilities, rtol=1e-12)


def test_training_side_by_side_takes_the_single_networks_step():
    result = train_networks(
        lambda _, n: (np.tile([1.0, -1.0], (n, 1)), np.array([0, 1, 1])),
        "backpropagation",
        0,
        n_networks=3,
        n_hidden=4,
        n_trials=1,
        learning_rate=0.5,
    )
    for index, target in enumerate((0, 1, 1)):
        start = Network(result.start.hidden[index], result.start.output[index])
        change = torch_change(start, np.array([1.0, -1.0]), target)
        np.testing.assert_allclose(result.end.hidden[index], start.hidden + 0.5 * change.hidden, atol=1e-12)
        np.testing.assert_allclose(result.end.output[index], start.output + 0.5 * change.output, atol=1e-12)


# Exclusive or


@pytest.mark.parametrize("rule", ["backpropagation", "agrel"])
def test_xor_is_solved_with_feedback(rule):
    probabilities = xor_probabilities(train_xor(rule, seed=0, n_trials=10_000).end)
    assert np.all(probabilities > 0.5)  # 20 of 20 networks
    assert probabilities.mean() == pytest.approx(0.995, abs=0.003)


def test_xor_with_one_to_all_is_worse_than_not_learning_and_feedback_is_better_for_every_seed():
    solved = {"agrel": [], "frozen": [], "uniform": []}
    for seed in range(6):
        for rule, counts in solved.items():
            right = xor_probabilities(train_xor(rule, seed, n_trials=3000).end)
            counts.append(np.sum(np.all(right > 0.5, axis=1)))
    assert min(solved["agrel"]) > max(solved["frozen"])
    assert sum(solved["uniform"]) < sum(solved["frozen"])


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "solved"), [("agrel", 13), ("frozen", 19)])
def test_xor_at_four_times_the_rate_and_the_trials_is_solved_more_often_by_a_frozen_layer(rule, solved):
    right = xor_probabilities(train_xor(rule, seed=0, n_trials=40_000, learning_rate=0.4).end)
    assert np.sum(np.all(right > 0.5, axis=1)) == pytest.approx(solved, abs=2)  # told in `read-xor`


def test_a_frozen_layer_stays_and_its_readout_learns():
    result = train_xor("frozen", seed=0, n_trials=50)
    np.testing.assert_array_equal(result.end.hidden, result.start.hidden)
    assert np.all(np.any(result.end.output != result.start.output, axis=(1, 2)))


@pytest.mark.parametrize("rule", ["reinforce", "policy_gradient"])
def test_reinforce_climbs_the_expected_reward_on_average(rule):
    """One trial of many networks against PyTorch's slope of the chance of reward, all draws enumerated."""
    n, inputs = 40_000, torch.tensor([1.0, -0.5], dtype=torch.float64)
    options = {"n_networks": n, "n_hidden": 2, "n_trials": 1, "learning_rate": 1, "start_scale": 0.7}
    start, end, _ = train_networks(
        lambda _, n: (np.tile(inputs.numpy(), (n, 1)), np.ones(n, dtype=int)), rule, 0, **options
    )
    hidden, output = (torch.tensor(weights, requires_grad=True) for weights in start)
    chance = torch.sigmoid(hidden @ inputs)  # (n, 2)
    reward = 0
    if rule == "policy_gradient":
        reward = torch.softmax((output @ chance[..., None])[..., 0], dim=-1)[:, 1]
    else:
        for drawn in torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 2):
            likely = torch.prod(torch.where(drawn == 1, chance, 1 - chance), dim=-1)
            reward = reward + likely * torch.softmax(output @ drawn, dim=-1)[:, 1]
    reward.sum().backward()
    for before, after, slope in zip(start, end, (hidden.grad, output.grad), strict=True):
        change, slope = after - before, slope.numpy()
        assert np.sum(change * slope) / np.sum(slope**2) == pytest.approx(1, abs=0.1)
        np.testing.assert_allclose(change.mean(axis=0), slope.mean(axis=0), atol=0.01)


def test_xor_trials_are_right():
    inputs, targets = draw_xor(np.random.default_rng(0), 1000)
    np.testing.assert_array_equal(targets, inputs[:, 0] != inputs[:, 1])
    np.testing.assert_array_equal(inputs[:, 2], 1)
    assert len(np.unique(inputs, axis=0)) == 4


# The double dissociation


def test_tones_are_the_same_whatever_the_task():
    by_frequency, by_level = (
        draw_tones(np.random.default_rng(0), 500, task) for task in ("frequency", "level")
    )
    np.testing.assert_array_equal(by_frequency[0], by_level[0])
    assert np.mean(by_frequency[1] == by_level[1]) == pytest.approx(0.5, abs=0.1)
    peaks = by_level[0][:, 16:].argmax(axis=1) / 15
    np.testing.assert_array_equal(
        (peaks > 0.5)[abs(peaks - 0.5) > 0.05], by_level[1][abs(peaks - 0.5) > 0.05]
    )


def test_the_attended_feature_is_the_one_whose_inputs_change():
    frequency, sorted_by_frequency = train_on_tones("frequency", "agrel", seed=0)
    level, sorted_by_level = train_on_tones("level", "agrel", seed=0)
    np.testing.assert_allclose(frequency.mean(axis=0), [4.95, 0.42], atol=0.5)
    np.testing.assert_allclose(level.mean(axis=0), [0.44, 4.98], atol=0.5)
    for result in (sorted_by_frequency, sorted_by_level):
        assert result.correct[-1000:].mean() == pytest.approx(0.986, abs=0.01)


def test_the_dissociation_needs_the_feedback():
    changes, result = train_on_tones("frequency", "uniform", seed=0)
    assert changes[:, 0].mean() < 2 * changes[:, 1].mean()
    assert result.correct[-1000:].mean() == pytest.approx(0.919, abs=0.03)


def test_the_dissociation_holds_in_every_network_and_weakens_when_learning_is_fast():
    for seed in range(10):
        changes, _ = train_on_tones("frequency", "agrel", seed, n_trials=1500)
        assert np.all(changes[:, 0] > 2 * changes[:, 1])
    slow, _ = train_on_tones("frequency", "agrel", seed=0)
    fast, _ = train_on_tones("frequency", "agrel", seed=0, n_trials=1500, learning_rate=0.2)
    exact, _ = train_on_tones("frequency", "backpropagation", seed=0, n_trials=1500, learning_rate=0.2)
    blurred, kept, noiseless = (table[:, 0].mean() / table[:, 1].mean() for table in (fast, slow, exact))
    assert blurred < 4 < min(kept, noiseless)  # long steps alone do not blur it, those of single choices do


# Wrong input


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: respond(Network(np.ones((3, 2)), np.ones((2, 4))), [1, 1]), r"network.output \(2, 4\)"),
        (lambda: respond(Network(np.ones((3, 2)), np.ones((2, 3))), [1]), r"inputs has shape \(1,\)"),
        (lambda: backpropagation_change(Network(np.ones((3, 2)), np.ones((2, 3))), [1, 1], 2), "target is 2"),
        (lambda: agrel_change(Network(np.ones((3, 2)), np.ones((2, 3))), [1, 1], -1, 0), "chosen is -1"),
        (lambda: agrel_change(Network(np.ones((3, 2)), np.ones((2, 3))), [1, 1], 0, 0, clip=0), "clip is 0"),
        (
            lambda: expected_agrel_change(Network(np.ones((1, 3, 2)), np.ones((1, 2, 3))), [1, 1], 0),
            r"network.hidden has shape \(1, 3, 2\)",
        ),
        (lambda: train_xor("hebb", 0), "rule is 'hebb'"),
        (lambda: train_xor("agrel", None), "seed is None"),
        (lambda: train_xor("agrel", 0, n_trials=0), "n_trials is 0"),
        (lambda: draw_tones(np.random.default_rng(0), 2, "pitch"), "task is 'pitch'"),
        (lambda: train_on_tones("level", "agrel", 0, learning_rate=0), "learning_rate is 0"),
        (
            lambda: train_networks(
                lambda _, n: (np.ones((n, 2)), np.full(n, 2)),
                "agrel",
                0,
                n_networks=1,
                n_hidden=1,
                n_trials=1,
            ),
            "draw gave a target",
        ),
        (
            lambda: train_networks(
                lambda _, n: (np.ones(n), np.zeros(n)), "agrel", 0, n_networks=1, n_hidden=1, n_trials=1
            ),
            r"draw gave inputs of shape \(1,\)",
        ),
        (
            lambda: train_networks(
                draw_xor, "agrel", 0, n_networks=1, n_hidden=2, n_trials=1, wiring=np.full((2, 3), 0.5)
            ),
            "wiring has shape",
        ),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
