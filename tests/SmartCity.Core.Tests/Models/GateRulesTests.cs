using SmartCity.Contracts.Api;
using SmartCity.Core.Models;

namespace SmartCity.Core.Tests.Models;

/// <summary>What stops a version, with which words.</summary>
public sealed class GateRulesTests
{
    private const long Bytes = 5_600_000;

    private static readonly ModelMeasure Good = new(0.9, 0.002, 0.05, 0.03, 5);

    [Fact]
    public void One_that_is_as_good_passes()
    {
        Assert.All(Gates(Good), g => Assert.True(g.Passed, g.Why));
        Assert.All(Gates(Good with { Right = 0.95, P95Milliseconds = 7 }), g => Assert.True(g.Passed, g.Why));
    }

    [Theory]
    [InlineData(0.86, 0.002, 0.05, 0.03, 5, "plates of the city")]
    [InlineData(0.9, 0.006, 0.05, 0.03, 5, "sure and wrong, hold-out")]
    [InlineData(0.9, 0.002, 0.2, 0.03, 5, "unread, hold-out")]
    [InlineData(0.9, 0.002, 0.05, 0.1, 5, "calibration, hold-out")]
    [InlineData(0.9, 0.002, 0.05, 0.03, 50, "time, hold-out")]
    public void One_that_loses_anything_is_stopped_there(double right, double wrongSure, double abstained, double calibration, double milliseconds, string gate)
    {
        var stopped = Gates(new ModelMeasure(right, wrongSure, abstained, calibration, milliseconds)).First(g => !g.Passed);

        Assert.Equal(gate, stopped.Name);
        Assert.Contains("the champion", stopped.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_loses_a_country_is_stopped_although_it_is_better_on_the_whole()
    {
        ModelFigures[] figures =
        [
            .. Figures(Good with { Right = 0.97 }),
            new("hold-out", "country IN", 40, Good with { Right = 0.8 }, Good with { Right = 0.6 }, null, null, null),
        ];

        var stopped = Assert.Single(GateRules.Of(figures, Bytes, Bytes, new GateOptions()), g => !g.Passed);
        Assert.Equal("The worst is country IN (hold-out, 40 plates): 60.0 % rightly, the champion 80.0 %; a slice may lose 10.0 %.", stopped.Why);
    }

    [Fact]
    public void One_that_reads_what_no_country_gives_out_is_stopped()
    {
        ModelFigures[] figures = [.. Figures(Good).Select(f => f with { Before = f.Before with { InGrammar = 0.98 }, After = f.After with { InGrammar = f.Set == "hold-out" ? 0.8 : 0.95 } })];

        var stopped = Assert.Single(GateRules.Of(figures, Bytes, Bytes, new GateOptions()), g => !g.Passed);
        Assert.Equal(("shape, hold-out", "It reads 80.0 % in a shape that some country gives out, the champion 98.0 %; it may be 5.0 % less."), (stopped.Name, stopped.Why));
    }

    [Fact]
    public void One_that_needs_much_more_memory_is_stopped()
    {
        var stopped = Assert.Single(GateRules.Of(Figures(Good), Bytes, 2 * Bytes, new GateOptions()), g => !g.Passed);

        Assert.Equal(("memory", "Its weights take 11.2 MB, the champion's 5.6; they may take 1.5 times as much."), (stopped.Name, stopped.Why));
    }

    [Fact]
    public void Without_plates_of_the_city_nothing_passes() =>
        Assert.Contains("The hold-out has 0 plates; 30 are needed", GateRules.Of([.. Figures(Good).Skip(1)], Bytes, Bytes, new GateOptions()).First().Why, StringComparison.Ordinal);

    private static List<ModelGate> Gates(ModelMeasure after) => [.. GateRules.Of(Figures(after), Bytes, Bytes, new GateOptions())];

    private static ModelFigures[] Figures(ModelMeasure after) =>
    [
        new("hold-out", "all", 200, Good, after, -0.02, 0.02, 0.87),
        new("rendered", "all", 330, Good, after with { Right = Math.Max(after.Right, 0.9) }, -0.01, 0.01, 0.88),
    ];
}
