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

    [Fact]
    public void A_file_of_vehicles_leaves_ends_that_are_known_and_what_begins_later()
    {
        var (end, later) = (new DateOnly(2027, 3, 31), new DateOnly(2027, 6, 1));
        Say(null, ("class", "car"), ("fuel", "diesel"));
        _timeline.AddDiscount(new DatedRegistration("resident", First, end, "borough", Now));
        _timeline.AddDiscount(new DatedRegistration("blue-badge", later, DateOnly.MaxValue, "council", Now));

        Assert.False(Say(Twentieth, ("discounts", "resident")));

        Assert.Equal([("blue-badge", later, DateOnly.MaxValue), ("resident", First, end)], _timeline.Discounts.OrderBy(d => d.Discount, StringComparer.Ordinal).Select(d => (d.Discount, d.From, d.Last)));
    }

    [Fact]
    public void A_vehicle_that_is_new_holds_from_its_first_registration()
    {
        var view = new VehicleView { Plate = "TI11ME", Class = "car", Fuel = "diesel", FirstRegistered = Tenth };
        Assert.Null(_timeline.Apply(VehicleChange.Whole(view), new DateOnly(2026, 11, 28), Now).Error);

        Assert.Equal(Tenth, Assert.Single(_timeline.Records).From);
    }

    [Fact]
    public void A_weight_that_cannot_be_with_what_is_known_is_refused_and_changes_nothing()
    {
        _timeline.Apply(VehicleChange.Whole(new VehicleView { Plate = "TI11ME", Class = "van", Fuel = "diesel", GrossKg = 2000 }), new DateOnly(2026, 11, 28), Now);

        var (error, changed) = _timeline.Apply(new VehicleChange(new VehicleView { Plate = "TI11ME", UnladenKg = 2100 }, ["unladenKg"]), new DateOnly(2026, 11, 28), Now);

        Assert.Contains("unladenKg 2100 is more than grossKg 2000", error, StringComparison.Ordinal);
        Assert.False(changed);
        Assert.Null(Assert.Single(_timeline.Records).Facts.UnladenKg);
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
