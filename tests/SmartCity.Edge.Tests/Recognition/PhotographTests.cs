using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Recognition;

public class PhotographTests(Recogniser recogniser)
{
    [Fact]
    public void Debug()
    {
        foreach (var p in new[] { "LR33TEE", "AB12CDE", "KX70HJM" })
        {
            using var picture = TestPictures.Street(p);
            foreach (var r in recogniser.Models.Recognise(picture))
            {
                TestContext.Current.TestOutputHelper!.WriteLine($"{p}: {r.Plate} {r.BestGuess} {r.Confidence} {r.Format} {r.Quad.Box}");
            }
        }

        Assert.Fail("x");
    }
}
