using CsCheck;
using SmartCity.Core.Alerts;

namespace SmartCity.Core.Tests.Alerts;

public class PackedPlatesTests
{
    private static readonly Gen<string> Plate = Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"].Array[1, 12].Select(c => new string(c));

    [Fact]
    public void It_has_what_was_put_in_and_nothing_else() => Gen.Select(Plate.List[0, 200], Plate.List[0, 20], Plate.List[0, 200]).Sample((first, later, others) =>
    {
        var set = new PackedPlates();
        set.Replace([.. first.Select(p => PackedPlates.Pack(p))]);
        later.ForEach(p => set.Add(PackedPlates.Pack(p)));
        var all = first.Concat(later).ToHashSet();
        Assert.All(all, p => Assert.True(set.Contains(p)));
        Assert.All(others.Where(o => !all.Contains(o)), p => Assert.False(set.Contains(p)));
    });

    [Fact]
    public void What_is_added_while_a_list_is_loaded_outlives_the_loading()
    {
        var set = new PackedPlates();
        set.Add(PackedPlates.Pack("BEFORE1"));
        set.BeginReplace();
        set.Add(PackedPlates.Pack("MEANWHILE1"));
        set.Replace([PackedPlates.Pack("LOADED1")]);
        Assert.Equal((false, true, true), (set.Contains("BEFORE1"), set.Contains("MEANWHILE1"), set.Contains("LOADED1")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AB-12")]
    [InlineData("ABCDEFGHIJKLM")]
    public void What_is_no_plate_is_in_no_set(string text)
    {
        var set = new PackedPlates();
        set.Replace([PackedPlates.Pack("AB12")]);
        Assert.False(set.Contains(text));
    }
}
