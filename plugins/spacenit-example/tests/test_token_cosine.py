"""Loss `token_cosine`, found by its name."""

import torch

from spacenit_core.kinds.losses import LOSSES, TokenPairs


def loss_of(predicted, target, **settings):
    index = torch.zeros(len(predicted), dtype=torch.int64)
    pairs = TokenPairs(
        predicted=predicted, target=target, sample=index, sensor=index, batch_size=1, sensors=("landsat7_etm",)
    )
    return LOSSES.get("token_cosine")(**settings).build()(pairs)


def test_it_depends_on_directions_alone():
    target = torch.randn(7, 16)

    torch.testing.assert_close(loss_of(3 * target, target), torch.tensor(0.0), atol=1e-6, rtol=0)
    torch.testing.assert_close(loss_of(-target, target, weight=0.5), torch.tensor(1.0))


def test_it_is_the_mean_of_one_minus_cosine_and_has_a_gradient():
    predicted, target = torch.randn(7, 16, requires_grad=True), torch.randn(7, 16)

    loss = loss_of(predicted, target)
    loss.backward()

    by_hand = [1 - float(p @ t) / float(p.norm() * t.norm()) for p, t in zip(predicted.detach(), target, strict=True)]
    torch.testing.assert_close(loss.item(), sum(by_hand) / 7)
    assert predicted.grad.norm() > 0


def test_it_is_zero_where_nothing_is_predicted():
    assert loss_of(torch.zeros(0, 16), torch.zeros(0, 16)) == 0


def test_it_is_computed_in_float32():
    predicted, target = torch.randn(5, 16), torch.randn(5, 16)

    loss = loss_of(predicted.bfloat16(), target.bfloat16())

    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, loss_of(predicted, target), atol=0.02, rtol=0)
