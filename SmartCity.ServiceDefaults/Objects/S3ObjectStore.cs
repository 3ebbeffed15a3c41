using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace SmartCity.ServiceDefaults.Objects;

/// <summary>Objects in an S3 bucket (MinIO, Ceph, AWS), which is created if it is missing.</summary>
public sealed class S3ObjectStore : IObjectStore, IDisposable
{
    private readonly AmazonS3Client _client;
    private readonly string _bucket;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile bool _ready;

    public S3ObjectStore(ObjectStoreConnection connection)
    {
        _bucket = connection.Bucket;
        var config = new AmazonS3Config
        {
            ServiceURL = connection.Endpoint!.ToString(),
            ForcePathStyle = true,
            AuthenticationRegion = connection.Region,
            // Stores other than AWS do not know the newer checksum trailers.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        _client = new AmazonS3Client(new BasicAWSCredentials(connection.AccessKey, connection.SecretKey), config);
    }

    public async Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        await PutAsync(new PutObjectRequest { Key = key, InputStream = stream, ContentType = contentType }, cancellationToken);
    }

    public Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken) =>
        PutAsync(new PutObjectRequest { Key = key, FilePath = path, ContentType = contentType }, cancellationToken);

    public async Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _client.GetObjectAsync(_bucket, key, cancellationToken);
            return response.ResponseStream;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await EnsureBucketAsync(cancellationToken);
        var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = prefix };
        ListObjectsV2Response page;
        do
        {
            page = await _client.ListObjectsV2Async(request, cancellationToken);
            foreach (var entry in page.S3Objects ?? [])
            {
                yield return new ObjectEntry(entry.Key, entry.Size ?? 0, entry.LastModified ?? default);
            }

            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    public async Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken)
    {
        var usage = new Dictionary<string, ObjectUsage>(StringComparer.Ordinal);
        await foreach (var entry in ListAsync("", cancellationToken))
        {
            var first = entry.Key.Split('/', 2)[0];
            usage[first] = usage.GetValueOrDefault(first).With(entry.Bytes);
        }

        return usage;
    }

    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        _client.DeleteObjectAsync(_bucket, key, cancellationToken);

    public void Dispose()
    {
        _client.Dispose();
        _gate.Dispose();
    }

    private async Task PutAsync(PutObjectRequest request, CancellationToken cancellationToken)
    {
        ObjectKey.Check(request.Key);
        await EnsureBucketAsync(cancellationToken);
        request.BucketName = _bucket;
        request.UseChunkEncoding = false;
        await _client.PutObjectAsync(request, cancellationToken);
    }

    private async Task EnsureBucketAsync(CancellationToken cancellationToken)
    {
        if (_ready)
        {
            return;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_ready)
            {
                return;
            }

            try
            {
                await _client.HeadBucketAsync(new HeadBucketRequest { BucketName = _bucket }, cancellationToken);
            }
            catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                await _client.PutBucketAsync(new PutBucketRequest { BucketName = _bucket }, cancellationToken);
            }
            catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.Forbidden)
            {
                // Whoever may put objects need not be allowed to ask for the bucket; what is put says whether it is there.
            }

            _ready = true;
        }
        finally
        {
            _gate.Release();
        }
    }
}
