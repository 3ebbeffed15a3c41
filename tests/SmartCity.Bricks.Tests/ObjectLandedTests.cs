using System.Text;
using System.Text.Json;
using SmartCity.Bricks.Objects;

namespace SmartCity.Bricks.Tests;

public sealed class ObjectLandedTests
{
    // As each of them sends it, shortened to what is read and a little around it.
    private const string Aws = """{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"inbox"},"object":{"key":"a1-north/a+car+%281%29.jpg","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e"}}},{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"inbox"},"object":{"key":"old.jpg"}}}]}""";
    private const string Minio = """{"EventName":"s3:ObjectCreated:Put","Key":"inbox/a1-north/a car (1).jpg","Records":[{"eventSource":"minio:s3","eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"inbox"},"object":{"key":"a1-north%2Fa+car+%281%29.jpg","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e"}}}]}""";
    private const string Ceph = """{"Records":[{"eventSource":"ceph:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"inbox"},"object":{"key":"a1-north/a%20car%20%281%29.jpg","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e"}},"opaqueData":""}]}""";

    public static TheoryData<string, string> Shapes => new()
    {
        { "AWS", Aws },
        { "MinIO", Minio },
        { "Ceph", Ceph },
        { "SNS", JsonSerializer.Serialize(new { Type = "Notification", Message = Aws }) },
        { "SQS", JsonSerializer.Serialize(new { Records = new[] { new { body = Aws } } }) },
        { "SNS in SQS", JsonSerializer.Serialize(new { Records = new[] { new { body = JsonSerializer.Serialize(new { Type = "Notification", Message = Aws }) } } }) },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_same_object_is_the_same_event_whoever_tells_of_it(string who, string notification)
    {
        var landed = Assert.Single(ObjectLanded.Read(Encoding.UTF8.GetBytes(notification)));
        Assert.Equal(new ObjectLanded("inbox", "a1-north/a car (1).jpg", "d41d8cd98f00b204e9800998ecf8427e", 1024), landed);
        Assert.Equal(ObjectLanded.Read(Encoding.UTF8.GetBytes(Aws))[0].ToEvent().Id, landed.ToEvent().Id);
        Assert.NotEmpty(who);
    }

    [Fact]
    public void Other_content_is_another_event() =>
        Assert.NotEqual(new ObjectLanded("inbox", "a", "1", 1).ToEvent().Id, new ObjectLanded("inbox", "a", "2", 1).ToEvent().Id);

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"Records":[{"s3":{}}]}""")]
    [InlineData("no json")]
    public void What_is_no_notification_is_refused(string text) => Assert.ThrowsAny<JsonException>(() => ObjectLanded.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void The_test_that_AWS_sends_first_names_no_object() => Assert.Empty(ObjectLanded.Read("""{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"inbox"}"""u8.ToArray()));
}
