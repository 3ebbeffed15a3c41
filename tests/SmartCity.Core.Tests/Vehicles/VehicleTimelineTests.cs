using SmartCity.Contracts.Api;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Tests.Vehicles;

/// <summary>What a change does to a vehicle's records.</summary>
public class VehicleTimelineTests
{
    private static readonly DateOnly First = new(2026, 11, 1);
    private static readonly DateOnly Tenth = new(2026, 11, 10);
    private static readonly DateOnly Twentieth = new(2026, 11, 20);
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private readonly VehicleTimeline _timeline = new([], []);

    [Fact]
    public void A_fact_that_was_changed_later_keeps_that_change()
    {
        Say(null, ("class", "car"), ("fuel", "diesel"), ("keeper", "Ann"), ("colour", "red"));
        Say(Twentieth, ("keeper", "Ben"));

        Say(Tenth, ("keeper", "Cleo"), ("colour", "blue"));

        Assert.Equal([(DateOnly.MinValue, "Ann", "red"), (Tenth, "Cleo", "blue"), (Twentieth, "Ben", "blue")], _timeline.Records.Select(r => (r.From, r.Facts.Keeper!, r.Facts.Colour!)));
    }

    [Fact]
    public void Saying_the_same_again_changes_nothing()
    {
        Say(null, ("class", "car"), ("fuel", "diesel"), ("keeper", "Ann"));

        Assert.False(Say(Tenth, ("keeper", "Ann")));
        Assert.Single(_timeline.Records);
    }

    [Fact]
    public void A_change_that_takes_an_earlier_one_back_leaves_one_record()
    {
        Say(null, ("class", "car"), ("fuel", "diesel"), ("keeper", "Ann"));
        Say(Tenth, ("keeper", "Ben"));

        Assert.True(Say(Tenth, ("keeper", "Ann")));

        Assert.Single(_timeline.Records);
    }

    [Fact]
    public void A_record_from_an_earlier_day_than_the_first_begins_it_earlier()
    {
        Say(Tenth, ("class", "car"), ("fuel", "diesel"), ("keeper", "Ann"));

        Assert.True(Say(First, ("keeper", "Ann")));

        Assert.Equal(First, Assert.Single(_timeline.Records).From);
    }

    [Fact]
    public void Discounts_end_on_the_day_before_they_are_named_no_more()
    {
        Say(null, ("class", "car"), ("fuel", "diesel"), ("discounts", "resident autopay"));

        Say(Tenth, ("discounts", "autopay blue-badge"));

        Assert.Equal(
            [("autopay", DateOnly.MinValue, DateOnly.MaxValue), ("blue-badge", Tenth, DateOnly.MaxValue), ("resident", DateOnly.MinValue, Tenth.AddDays(-1))],
            _timeline.Discounts.OrderBy(d => d.Discount, StringComparer.Ordinal).Select(d => (d.Discount, d.From, d.Last)));
    }

    private bool Say(DateOnly? from, params (string Name, string Value)[] facts)
    {
        var said = facts.ToDictionary(f => f.Name, f => f.Value);
        var view = new VehicleView
        {
            Plate = "TI11ME",
            Class = said.GetValueOrDefault("class"),
            Fuel = said.GetValueOrDefault("fuel"),
            Keeper = said.GetValueOrDefault("keeper"),
            Colour = said.GetValueOrDefault("colour"),
            Discounts = said.GetValueOrDefault("discounts")?.Split(' ') ?? [],
        };
        var (error, changed) = _timeline.Apply(new VehicleChange(view, said.Keys, from), new DateOnly(2026, 11, 28), Now);
        Assert.Null(error);
        return changed;
    }
}
