using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Faces;
using SmartCity.Edge.Faces;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Faces;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Faces;

/// <summary>Every pass is counted under each order that it was seen under, however the order ends: as compared, or as too few good looks.</summary>
public sealed class FacePassCountTests : IClassFixture<Portraits>, IDisposable
{
    private const string Station = "gate";
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly CameraFaces _camera;
    private int _frames;

    public FacePassCountTests()
    {
        var options = new FaceOptions { ModelsPath = Portraits.ModelFolder };
        var recognition = new RecognitionOptions { Device = RecognitionDevice.Cpu };
        _camera = new CameraFaces("gate-1", new FaceModels(Options.Create(options), Options.Create(recognition), NullLogger<FaceModels>.Instance), options, new EvidenceOptions());
    }

    public void Dispose()
    {
        _camera.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_pass_that_its_orders_end_breaks_off_is_one_of_too_few_looks_and_the_last_report_says_so()
    {
        Portraits.Needed();
        var order = Order();
        See(2, order);

        order.Destroy(Start.AddMinutes(1));
        Assert.Null(order.Report().DestroyedAt); // looks at somebody are still held
        _camera.End();

        Assert.Equal((1, 0, 1), Counts(order));
        Assert.Equal(Start.AddMinutes(1), order.Report().DestroyedAt);
    }

    [Fact]
    public void A_camera_that_has_no_order_for_a_frame_counts_the_pass_before_it()
    {
        Portraits.Needed();
        var order = Order();
        See(2, order);

        _camera.Dispose();

        Assert.Equal((1, 0, 1), Counts(order));
    }

    [Fact]
    public void Where_two_orders_see_one_pass_each_counts_it_and_one_that_begins_in_its_middle_never_sees_it()
    {
        Portraits.Needed();
        var (ends, stays, begins) = (Order(), Order(), Order());
        See(2, ends, stays);
        ends.Destroy(Start);

        See(1, stays, begins);

        Assert.Equal((1, 0, 1), Counts(ends));
        Assert.Equal((1, 1, 0), Counts(stays));
        Assert.Equal((0, 0, 0), Counts(begins));
        Assert.NotNull(ends.Report().DestroyedAt);
    }

    private static (long Passes, long Comparisons, long FewLooks) Counts(HeldOrder order) =>
        order.Report() is var report ? (report.Passes, report.Comparisons, report.Refused.GetValueOrDefault(FaceRefusal.FewLooks)) : default;

    private static HeldOrder Order()
    {
        using var edge = new FaceKeyPair();
        using var core = new FaceKeyPair();
        using var seal = edge.With(core.PublicKey);
        var order = new HeldOrder(Station, Guid.CreateVersion7());
        order.Renew(new FaceOrder(order.Deployment, ["gate-1"], Start.AddHours(-1), Start.AddHours(1), TimeSpan.FromMinutes(1), DescriptorCard.Usual, 0.6, []), seal, TimeSpan.Zero);
        return order;
    }

    private void See(int frames, params HeldOrder[] orders)
    {
        var pictures = Portraits.Pass("p01-2.jpg", _folder["pass"], _frames + frames);
        foreach (var picture in pictures.Skip(_frames))
        {
            var at = TimeSpan.FromMilliseconds(200 * _frames++);
            _camera.Take(picture, at, Start + at, orders);
        }

        pictures.ForEach(p => p.Dispose());
    }
}
