using OpenCvSharp;
using SmartCity.Edge.Cameras;

namespace SmartCity.Edge.Tests.Cameras;

public sealed class MotionGateTests : IDisposable
{
    private readonly MotionGate _gate = new();
    private readonly RNG _noise = new(42);

    public void Dispose() => _gate.Dispose();

    [Fact]
    public void The_first_picture_passes_and_sensor_noise_and_slow_light_do_not()
    {
        Assert.True(Moves(TestPictures.Street()));
        Assert.All(Enumerable.Range(0, 50), i => Assert.False(Moves(TestPictures.Street(), brighter: i * 0.5)));
    }

    [Fact]
    public void A_vehicle_passes_while_it_moves_and_once_more_when_it_is_gone()
    {
        Moves(TestPictures.Street());

        Assert.All(Enumerable.Range(0, 10), i => Assert.True(Moves(TestPictures.Street("LR33TEE", x: 80 + 20 * i))));
        Assert.True(Moves(TestPictures.Street()));
        Assert.False(Moves(TestPictures.Street()));
    }

    [Fact]
    public void A_vehicle_that_stands_does_not_pass_and_passes_when_it_drives_on()
    {
        Moves(TestPictures.Street("LR33TEE"));

        Assert.All(Enumerable.Range(0, 10), _ => Assert.False(Moves(TestPictures.Street("LR33TEE"))));
        Assert.True(Moves(TestPictures.Street("LR33TEE", x: 230)));
    }

    [Fact]
    public void A_vehicle_that_creeps_a_pixel_a_frame_passes_now_and_then()
    {
        Moves(TestPictures.Street("LR33TEE", x: 100));

        Assert.InRange(Enumerable.Range(1, 60).Count(i => Moves(TestPictures.Street("LR33TEE", x: 100 + i))), 2, 60);
    }

    private bool Moves(Mat picture, double brighter = 0)
    {
        using (picture)
        {
            using var noise = new Mat(picture.Size(), MatType.CV_16SC3);
            _noise.Fill(noise, DistributionType.Normal, Scalar.All(brighter), Scalar.All(6));
            Cv2.Add(picture, noise, picture, dtype: MatType.CV_8U);
            return _gate.Moves(picture);
        }
    }
}
