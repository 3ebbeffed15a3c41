using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Web.Components.Administration;
using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Tests;

public sealed class MotionTextTests
{
    [Fact]
    public void What_is_typed_is_drawn_as_soon_as_it_is_a_line()
    {
        var text = new MotionText { FirstLine = "0,30 100,30", SecondLine = "0,80 100", Points = "30,30 60,30 90,90 5,90" };

        Assert.Equal([("1", 2, false), ("road", 4, true)], text.Shapes().Select(s => (s.Name, s.Points.Count, s.IsClosed)));
        Assert.Equal([0, 0.3, 1, 0.3], text.Shapes()[0].Points.SelectMany(p => p));
    }

    [Fact]
    public void What_was_set_up_is_shown_and_read_as_it_was()
    {
        var motion = new CameraMotion
        {
            Directions = new Dictionary<string, string> { ["towards"] = "inbound", ["left"] = "out of the car park" },
            Lines = [[[0, 0.3], [1, 0.35]], [[0, 0.8], [1, 0.8]]],
            LinesMetres = 12.5,
        };

        var text = MotionText.Of(motion);
        Assert.Equal(("inbound", "", "0,30 100,35", "0,80 100,80", 12.5), (text.Towards, text.Away, text.FirstLine, text.SecondLine, text.LinesMetres));
        Assert.Equivalent(motion, text.Read());
        Assert.True(MotionText.Of(null).Read().IsEmpty);

        var points = new CameraMotion { Points = [[0.3, 0.3], [0.6, 0.3], [0.9, 0.9], [0.05, 0.9]], PointsMetres = [[0, 20], [3.5, 20], [3.5, 0], [0, 0]] };
        Assert.Equivalent(points, MotionText.Of(points).Read());
    }

    [Fact]
    public void What_is_no_point_is_named()
    {
        var error = Assert.Throws<FormatException>(() => new MotionText { FirstLine = "0,30 100;30" }.Read());
        Assert.Contains("The first line: '100;30' is not a point.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("towards", 41.6, "towards the camera, 42 km/h")]
    [InlineData("towards", 48.3, "towards the camera, 30 mph", true)]
    [InlineData("left", null, "to the left of the picture")]
    [InlineData(null, 41.6, "42 km/h")]
    [InlineData(null, null, null)]
    public void Movement_is_said_in_words(string? movement, double? speed, string? text, bool inMiles = false) => Assert.Equal(
        text, Wording.Movement(new SightingView { Id = default, CapturedAt = default, StationId = "s", CameraId = "c", Movement = movement, SpeedKmh = speed }, new Units(inMiles)));
}
