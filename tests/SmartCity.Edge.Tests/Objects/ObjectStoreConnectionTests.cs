using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Tests.Objects;

public sealed class ObjectStoreConnectionTests
{
    [Theory]
    [InlineData("/var/lib/objects", "/var/lib/objects")]
    [InlineData("data/objects", "data/objects")]
    [InlineData("folder=/var/lib/objects", "/var/lib/objects")]
    [InlineData("Folder = data/objects", "data/objects")]
    [InlineData("file:///var/lib/objects", "/var/lib/objects")]
    public void A_folder_is_given_by_path_or_by_name(string text, string folder) =>
        Assert.Equal(folder, ObjectStoreConnection.Parse(text).Folder);

    [Fact]
    public void An_s3_is_given_by_its_parts_with_a_bucket_and_region_of_its_own()
    {
        var full = ObjectStoreConnection.Parse("Endpoint=http://store:9000;AccessKey=a;SecretKey=s=;Bucket=b;Region=eu-west-2");
        var aspire = ObjectStoreConnection.Parse("Endpoint=http://localhost:9000;AccessKey=a;SecretKey=s");

        Assert.Equal((new Uri("http://store:9000"), "a", "s=", "b", "eu-west-2"), (full.Endpoint, full.AccessKey, full.SecretKey, full.Bucket, full.Region));
        Assert.Equal(("smartcity", "us-east-1"), (aspire.Bucket, aspire.Region));
        Assert.Null(full.Folder);
    }

    [Theory]
    [InlineData("Endpoint=store:9000;AccessKey=a;SecretKey=s", "Endpoint")]
    [InlineData("Endpoint=http://store:9000;SecretKey=s", "AccessKey")]
    [InlineData("Endpoint=http://store:9000;AccessKey=a", "SecretKey")]
    [InlineData("AccessKey=a;SecretKey=s", "Endpoint")]
    [InlineData("folder=", "folder")]
    [InlineData("  ", "empty")]
    public void What_is_missing_is_named(string text, string named) =>
        Assert.Contains(named, Assert.Throws<InvalidOperationException>(() => ObjectStoreConnection.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Secrets_are_not_shown() =>
        Assert.DoesNotContain("hidden", ObjectStoreConnection.Parse("Endpoint=http://store:9000;AccessKey=a;SecretKey=hidden").ToString(), StringComparison.Ordinal);
}
