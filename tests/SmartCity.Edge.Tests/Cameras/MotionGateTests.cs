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

    [Theory]
    [InlineData(1920, 1080)]
    [InlineData(3840, 2160)]
    public void A_plate_that_moves_slowly_through_a_black_picture_passes(int width, int height)
    {
        MovesAndIsRead(Black(0));

        Assert.InRange(Enumerable.Range(1, 40).Count(i => MovesAndIsRead(Black(i))), 4, 40);

        Mat Black(int frame)
        {
            var picture = new Mat(height, width, MatType.CV_8UC3, Scalar.Black);
            Cv2.Rectangle(picture, new Rect(width / 2 + 4 * frame, height / 2, 150, 33), new Scalar(200, 200, 200), -1);
            return picture;
        }
    }

    [Fact]
    public void What_was_not_read_is_not_what_the_next_picture_is_compared_with()
    {
        using var empty = TestPictures.Street();
        using var gone = TestPictures.Street();
        using var vehicle = TestPictures.Street("LR33TEE");
        _gate.Moves(empty);

        Assert.True(_gate.Moves(vehicle));
        Assert.True(_gate.Moves(vehicle));
        Assert.False(_gate.Moves(gone));

        _gate.Moves(vehicle);
        _gate.Read();
        Assert.False(_gate.Moves(vehicle));
        Assert.True(_gate.Moves(gone));
    }

    private bool MovesAndIsRead(Mat picture)
    {
        using (picture)
        {
            var moves = _gate.Moves(picture);
            if (moves)
            {
                _gate.Read();
            }

            return moves;
        }
    }

    private bool Moves(Mat picture, double brighter = 0)
    {
        using (picture)
        {
            using var noise = new Mat(picture.Size(), MatType.CV_16SC3);
            _noise.Fill(noise, DistributionType.Normal, Scalar.All(brighter), Scalar.All(6));
            Cv2.Add(picture, noise, picture, dtype: MatType.CV_8U);
            return MovesAndIsRead(picture);
        }
    }
}
