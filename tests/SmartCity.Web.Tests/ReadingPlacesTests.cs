using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Live;
using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Tests;

/// <summary>The doubt about a reading is said where it is.</summary>
public sealed class ReadingPlacesTests
{
    [Fact]
    public void Clear_characters_of_a_doubtful_plate_show_where_the_other_plates_differ()
    {
        var read = ReadingPlaces.Of(Sighting("LR33TEE", 0.77, new PlateAlternative("LR38TEE", 0.15), new PlateAlternative("LR33TFE", 0.06)))!;

        Assert.Equal([0.999, 0.999, 0.999, 0.85, 0.999, 0.94, 0.999], read.Places.Select(p => Math.Round(p.Confidence, 3)));
        Assert.Equal(('8', 0.15), read.Places[3].Others.Single());
        Assert.Equal("Character 4 may be 8 (15.0 %) instead of 3; character 6 may be F (6.0 %) instead of E.", read.Doubt);
    }

    [Fact]
    public void Doubt_that_no_other_plate_explains_is_about_the_plate_as_a_whole()
    {
        Assert.Equal("Each character is clear, but there is a 22.3 % chance that they are not a complete number plate.", ReadingPlaces.Of(Sighting("LR33TEE", 0.77))!.Doubt);
        Assert.Equal("The plate may be LR33TE (20.0 %).", ReadingPlaces.Of(Sighting("LR33TEE", 0.79, new PlateAlternative("LR33TE", 0.2)))!.Doubt);
        Assert.Null(ReadingPlaces.Of(Sighting("LR33TEE", 0.993))!.Doubt);
        Assert.Null(ReadingPlaces.Of(Sighting(null, 0.3)));
    }

    [Fact]
    public void What_a_person_decided_is_said_without_the_cameras_confidence_and_the_characters_stay_the_cameras()
    {
        var corrected = Sighting("LR33TFE", 0.99) with { Decision = new ReadingDecision("LR33TEE", "anna", DateTimeOffset.UnixEpoch) };

        Assert.Equal("LR33TEE", ReadingPlaces.Of(corrected)!.Plate);
        Assert.Equal("anna corrected it to LR33TFE", Wording.Decided(corrected, corrected.Decision!));
        Assert.Equal("anna found no plate", Wording.Decided(corrected with { Plate = null }, corrected.Decision!));
        Assert.Equal("anna confirmed LR33TEE", Wording.Decided(corrected with { Plate = "LR33TEE" }, corrected.Decision!));
    }

    [Fact]
    public void An_outcome_names_the_plate_whose_charge_is_reversed()
    {
        var line = new ChargeView { Id = Guid.NewGuid(), Plate = "LR33TEE", Scheme = "ulez", Day = new DateOnly(2026, 11, 23), Amount = -12.5m, Kind = "reversal", Rule = "", Why = "", TariffVersion = "" };
        var outcome = new ReviewOutcome(Guid.NewGuid(), "LR33TFE", [line, line with { Plate = "LR33TFE", Amount = 12.5m, Kind = "charge" }], []);

        Assert.Equal("The reading is now LR33TFE: £12.50 ULEZ reversed for LR33TEE, £12.50 ULEZ charged to LR33TFE.", Wording.Outcome(outcome));
    }

    private static SightingView Sighting(string? plate, double confidence, params PlateAlternative[] alternatives) => new()
    {
        Id = Guid.NewGuid(),
        CapturedAt = DateTimeOffset.UnixEpoch,
        StationId = "a",
        CameraId = "b",
        Plate = plate,
        Confidence = confidence,
        Characters = [.. Enumerable.Repeat(0.999, plate?.Length ?? 0)],
        Alternatives = alternatives,
    };
}
