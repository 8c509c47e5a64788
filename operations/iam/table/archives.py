"""The bucket that hosts fetch what they run from."""

from __future__ import annotations

from collections.abc import Mapping

from operations.iam.table.rights import Rights

ARCHIVES: Mapping[str, Rights] = {
    "aws:s3/bucket:Bucket": Rights(
        create=("s3:CreateBucket bucket:named", "s3:PutBucketTagging bucket:named"),
        read=(
            "s3:GetAccelerateConfiguration bucket:named",
            "s3:GetBucketAcl bucket:named",
            "s3:GetBucketCORS bucket:named",
            "s3:GetBucketLogging bucket:named",
            "s3:GetBucketObjectLockConfiguration bucket:named",
            "s3:GetBucketRequestPayment bucket:named",
            "s3:GetBucketTagging bucket:named",
            "s3:GetBucketWebsite bucket:named",
            "s3:GetLifecycleConfiguration bucket:named",
            "s3:GetReplicationConfiguration bucket:named",
            "s3:ListBucket bucket:named",
        ),
        delete=(
            "s3:DeleteBucket bucket:named",
            "s3:DeleteObjectVersion object:named",
            "s3:ListBucketVersions bucket:named",
        ),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Rights(
        create=("s3:PutBucketPolicy bucket:named",),
        read=("s3:GetBucketPolicy bucket:named",),
        delete=("s3:DeleteBucketPolicy bucket:named",),
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Rights(
        create=("s3:PutBucketPublicAccessBlock bucket:named",),
        read=("s3:GetBucketPublicAccessBlock bucket:named",),
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Rights(
        create=("s3:PutBucketOwnershipControls bucket:named",),
        read=("s3:GetBucketOwnershipControls bucket:named",),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Rights(
        create=("s3:PutBucketVersioning bucket:named",),
        read=("s3:GetBucketVersioning bucket:named",),
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Rights(
        create=("s3:PutEncryptionConfiguration bucket:named",),
        read=("s3:GetEncryptionConfiguration bucket:named",),
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Rights(
        create=("s3:PutObject object:named", "s3:PutObjectTagging object:named"),
        read=("s3:GetObject object:named", "s3:GetObjectTagging object:named"),
        delete=(
            "s3:DeleteObjectVersion object:named",
            "s3:ListBucketVersions bucket:named",
        ),
    ),
}
