using CsCheck;
using SmartCity.Core.Alerts;

namespace SmartCity.Core.Tests.Alerts;

public class PlatePatternTests
{
    [Theory]
    [InlineData("LR33TEE", "LR33TEE", true)]
    [InlineData("LR33TEE", "LR33TEF", false)]
    [InlineData("LR33TE?", "LR33TEF", true)]
    [InlineData("LR33TE?", "LR33TE", false)]
    [InlineData("LR*", "LR33TEE", true)]
    [InlineData("*TEE", "LR33TEE", true)]
    [InlineData("L*3*E", "LR33TEE", true)]
    [InlineData("L*4*E", "LR33TEE", false)]
    [InlineData("LR33TEE*", "LR33TEE", true)]
    public void Patterns_match_as_people_expect(string pattern, string plate, bool matches) =>
        Assert.Equal(matches, PlatePattern.Matches(pattern, plate));

    [Theory]
    [InlineData("lr33 tee", "LR33TEE")]
    [InlineData("ab-12*", "AB12*")]
    [InlineData("***", null)]
    [InlineData("", null)]
    [InlineData("ÄB12", null)]
    [InlineData("ABCDEFGHIJKLM", null)]
    public void Patterns_are_normalised_or_refused(string given, string? pattern) => Assert.Equal(pattern, PlatePattern.Normalise(given));

    [Fact]
    public void Packed_plates_hold_what_was_put_in_and_nothing_else()
    {
        var plate = Gen.String[Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"], 1, 12];
        plate.Array[1, 200].Select(plate.Array[1, 50], plate.Array[1, 50]).Sample((loaded, added, others) =>
        {
            var plates = new PackedPlates();
            plates.Replace([.. loaded.Select(p => PackedPlates.Pack(p))]);
            foreach (var p in added)
            {
                plates.Add(PackedPlates.Pack(p));
            }

            var expected = loaded.Concat(added).ToHashSet();
            return expected.All(p => plates.Contains(p)) && others.All(p => plates.Contains(p) == expected.Contains(p));
        });
    }
}
