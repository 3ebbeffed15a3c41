using SmartCity.Contracts.Api;
using SmartCity.Core.Faces;
using SmartCity.Faces;

namespace SmartCity.Core.Tests.Faces;

public sealed class FaceRulesTests
{
    [Theory]
    [InlineData(0, 136, 0.0218)]
    [InlineData(0, 906, 0.0033)]
    [InlineData(37, 3000, 0.0162)]
    [InlineData(0, 0, 1)]
    [InlineData(5, 5, 1)]
    public void The_bound_is_never_zero_and_few_pairs_prove_little(int errors, int pairs, double bound) => Assert.Equal(bound, Interval.Of(errors, pairs).AtMost, 4);

    [Fact]
    public void Every_descriptor_of_the_catalogue_has_a_bound_at_its_own_threshold_and_none_above_all_figures()
    {
        foreach (var card in DescriptorCard.Names.Select(DescriptorCard.Of))
        {
            Assert.InRange(FalseMatchRate.Of(card, card.Threshold)!.Value.Rate, 1e-6, 0.05);
            Assert.Null(FalseMatchRate.Of(card, 1.9));
        }

        var usual = DescriptorCard.Of(DescriptorCard.Usual);
        Assert.True(FalseMatchRate.Of(usual, 0.5)!.Value.Rate < FalseMatchRate.Of(usual, 0.6)!.Value.Rate, "A smaller threshold matches fewer people.");
    }

    [Fact]
    public void Expected_false_alerts_are_those_of_the_formula()
    {
        Assert.Equal((1 - Math.Pow(0.99, 100)) * 500, FaceRules.FalseAlertsAnHour(0.01, 100, 500), 9);
        Assert.Equal(0, FaceRules.FalseAlertsAnHour(0.01, 0, 500));
    }

    [Theory]
    [InlineData(null, FaceAnswer.Same, null)]
    [InlineData(null, FaceAnswer.CannotTell, null)]
    [InlineData(null, FaceAnswer.Different, "false")]
    [InlineData(FaceAnswer.Same, FaceAnswer.Same, "true")]
    [InlineData(FaceAnswer.Same, FaceAnswer.Different, "false")]
    [InlineData(FaceAnswer.Same, FaceAnswer.CannotTell, "unresolved")]
    [InlineData(FaceAnswer.CannotTell, FaceAnswer.Same, "unresolved")]
    [InlineData(FaceAnswer.CannotTell, FaceAnswer.CannotTell, "unresolved")]
    [InlineData(FaceAnswer.CannotTell, FaceAnswer.Different, "false")]
    public void Only_two_people_who_see_the_same_person_confirm_a_match(string? first, string says, string? outcome) => Assert.Equal(outcome, FaceRules.Outcome(first, says));

    [Theory]
    [InlineData(0, -1, 1, false, FaceDeploymentState.Draft)]
    [InlineData(1, -1, 1, false, FaceDeploymentState.SignedOnce)]
    [InlineData(2, 1, 2, false, FaceDeploymentState.SignedTwice)]
    [InlineData(2, -1, 1, false, FaceDeploymentState.InForce)]
    [InlineData(2, 0, 1, false, FaceDeploymentState.InForce)]
    [InlineData(2, -1, 0, false, FaceDeploymentState.Over)]
    [InlineData(1, -2, -1, false, FaceDeploymentState.NeverSigned)]
    [InlineData(2, -1, 1, true, FaceDeploymentState.Revoked)]
    public void A_record_is_what_its_facts_say(int signatures, int from, int until, bool isRevoked, string state)
    {
        var now = new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);
        Assert.Equal(state, FaceRules.State(signatures, now.AddHours(from), now.AddHours(until), isRevoked, now));
    }

    [Theory]
    [InlineData(0.6, null)]
    [InlineData(0.59, FaceNearness.Near)]
    [InlineData(0.45, FaceNearness.Near)]
    [InlineData(0.44, FaceNearness.VeryNear)]
    [InlineData(double.NaN, null)]
    public void People_see_a_band_and_no_number(double distance, string? nearness) => Assert.Equal(nearness, FaceRules.Nearness(distance, 0.6));
}
